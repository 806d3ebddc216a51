// The operator's own map, drawn from GeoJSON: an alternative to the tiles, which say the same.
import { get } from "./api.js";
import { attribute, say, svg } from "./dom.js";
import { level } from "./state.js";
import { LEVELS, tileLabel } from "./parts.js";

const WIDTH = 1000;

/** A drawing with .update(units); what the map does not show, the tiles still do. */
export async function loadMap() {
  const { features } = await get("map");
  const rings = features.map(({ geometry: { type, coordinates } }) => (type === "Polygon" ? coordinates : coordinates.flat()));
  const points = rings.flat(2), lons = points.map(([lon]) => lon), lats = points.map(([, lat]) => lat);
  const least = (values) => values.reduce((a, b) => Math.min(a, b)), most = (values) => values.reduce((a, b) => Math.max(a, b));
  const west = least(lons), north = most(lats), south = least(lats);
  // equirectangular: true to shape at the middle latitude, which is enough for a city
  const shrink = Math.cos(((north + south) / 2) * Math.PI / 180), scale = WIDTH / Math.max(1e-6, (most(lons) - west) * shrink);
  const place = ([lon, lat]) => `${((lon - west) * shrink * scale).toFixed(1)} ${((north - lat) * scale).toFixed(1)}`;
  const areas = new Map();
  const drawing = svg("svg", { class: "map dims", viewBox: `0 0 ${WIDTH} ${Math.ceil((north - south) * scale)}`, role: "group" });
  features.forEach(({ properties }, index) => {
    const path = svg("path", { d: rings[index].map((ring) => "M" + ring.map(place).join("L") + "Z").join("") });
    const code = properties && properties.code;
    if (!code) drawing.append(path);
    else {
      const title = svg("title"), link = svg("a", { href: "#/xa/" + encodeURIComponent(code) }, title, path);
      areas.set(code, { link, title });
      drawing.append(link);
    }
  });
  drawing.update = (units) => {
    for (const unit of units) {
      const area = areas.get(unit.code);
      if (!area) continue;
      const label = tileLabel(unit);
      attribute(area.link, "class", LEVELS[level(unit.figures)]);
      attribute(area.link, "aria-label", label);
      say(area.title, label);
    }
  };
  return drawing;
}
