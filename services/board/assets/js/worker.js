// One stream per browser: every tab of it listens to this worker.
import { Stream } from "./stream.js";

const ports = new Set();
let stream = null;

function tell(message) {
  for (const port of ports) port.postMessage(message);
}

self.onconnect = (event) => {
  const port = event.ports[0];
  ports.add(port);
  port.onmessage = ({ data }) => {
    if (data === "bye") ports.delete(port);
    if (data === "restart") stream.restart();
  };
  if (!stream) stream = new Stream(tell);
  else if (stream.halted) stream.restart();
  else port.postMessage({ kind: "snapshot", state: stream.state, fresh: [] });
};
