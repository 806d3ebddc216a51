// Words, numbers and dates: Vietnamese first, English on demand; Việt Nam's time everywhere.

const ZONE = "Asia/Ho_Chi_Minh";

const words = {
  title: ["Bảng theo dõi hồ sơ", "Dossier board"], skip: ["Đến nội dung chính", "Skip to content"],
  overview: ["Toàn thành phố", "City"], my_unit: ["Đơn vị của tôi", "My commune"], wall: ["Màn hình lớn", "Wall"], sign_out: ["Đăng xuất", "Sign out"], sign_in: ["Đăng nhập", "Sign in"],
  name: ["Tên tài khoản", "Account"], password: ["Mật khẩu", "Password"], other_language: ["English", "Tiếng Việt"],
  theme: ["Sáng / tối", "Light / dark"], live: ["Trực tiếp", "Live"], stale: ["dữ liệu trễ {0}", "data is {0} old"],
  no_data: ["chưa có dữ liệu", "no data yet"], reconnecting: ["đang kết nối lại", "reconnecting"], postgres: ["cơ sở dữ liệu không trả lời", "the database does not answer"],
  received: ["Tiếp nhận hôm nay", "Received today"], open: ["Đang giải quyết", "In progress"], paused: ["Tạm dừng", "Paused"], waiting: ["Chờ tiếp nhận", "Awaiting acceptance"],
  due_today: ["Đến hạn hôm nay", "Due today"], due_soon: ["Sắp đến hạn", "Due soon"], overdue: ["Quá hạn", "Overdue"], settled: ["Đã giải quyết hôm nay", "Settled today"],
  online_share: ["Nộp trực tuyến (30 ngày)", "Filed online (30 days)"], in_time_share: ["Trước và đúng hạn (30 ngày)", "Early or on time (30 days)"],
  satisfied_share: ["Hài lòng (30 ngày)", "Satisfied (30 days)"], communes: ["Xã, phường, đặc khu", "Communes"], filter: ["Lọc theo tên, không cần dấu", "Filter by name, marks not needed"],
  map: ["Bản đồ", "Map"],
  order: ["Thứ tự", "Order"], worst: ["Cần chú ý trước", "Worst first"], by_name: ["Theo tên", "By name"], nothing_found: ["Không có đơn vị nào khớp", "No commune matches"],
  level0: ["không có hồ sơ sắp hoặc quá hạn", "nothing due soon or overdue"], level1: ["có hồ sơ sắp đến hạn", "some are due soon"], level2: ["có hồ sơ quá hạn", "some are overdue"],
  tile: ["{0}: {1} quá hạn, {2} đến hạn hôm nay, {3} sắp đến hạn, {4} đang giải quyết", "{0}: {1} overdue, {2} due today, {3} due soon, {4} in progress"],
  tile_number: ["Số trên ô: hồ sơ quá hạn; nếu không có thì đến hạn hôm nay và sắp đến hạn", "The number: overdue dossiers; where there are none, those due today and soon"],
  worst_table: ["Đơn vị cần chú ý", "Communes that need attention"], unit: ["Đơn vị", "Commune"], csv: ["Tải CSV", "Download CSV"], show_all: ["Hiện tất cả", "Show all"], show_less: ["Thu gọn", "Show fewer"],
  feed: ["Sự kiện mới", "Live events"], pause: ["Tạm dừng", "Pause"], resume: ["{0} mới", "{0} new"], go_on: ["Tiếp tục", "Go on"], no_events: ["Chưa có sự kiện", "No events yet"],
  alerts: ["Cảnh báo", "Alerts"], no_alerts: ["Không có cảnh báo", "No alerts"], late_by: ["hạn {0}, quá {1} ngày", "due {0}, {1} days over"], late_today: ["hạn {0}", "due {0}"],
  clock_work: ["Dữ liệu về kịp thời: chậm ở khâu xử lý.", "The data is in time: the work is late."], clock_data: ["Có thể do dữ liệu: tin cuối về muộn hơn 1 ngày sau khi việc xảy ra.", "Perhaps the data: the last news came more than a day after the fact."],
  clock_silent: ["Có thể do dữ liệu: hơn 3 ngày không có tin mới.", "Perhaps the data: no news for more than 3 days."], clock_portal: ["Có thể do dữ liệu: Cổng báo đã kết thúc, một cửa thì chưa.", "Perhaps the data: over by the portal, not by the one-stop system."],
  last_word: ["(việc cuối lúc {0}, tin về lúc {1})", "(last fact at {0}, last heard at {1})"],
  acknowledge: ["Nhận xử lý", "Acknowledge"], acknowledged: ["{0} đã nhận", "taken on by {0}"], snooze: ["Hoãn nhắc", "Snooze"], snooze_until: ["Hoãn nhắc đến ngày", "Snooze until"], snoozed: ["hoãn nhắc đến {0}", "snoozed until {0}"],
  rate: ["Sự kiện/giây", "Events/s"], lag: ["Độ trễ", "Lag"], held: ["Cảnh báo tạm giữ", "Held deadlines"], dead: ["Bản ghi lỗi", "Dead letters"], quarantined: ["Chưa rõ đơn vị", "No commune"],
  down: ["{0} không trả lời", "{0} does not answer"], source: ["Nguồn {0}", "Source {0}"], ago: ["{0} trước", "{0} ago"], unknown: ["không rõ", "unknown"],
  trend: ["Diễn biến 30 ngày", "The last 30 days"], in_time: ["Trước hạn, đúng hạn", "In time"], late: ["Quá hạn", "Late"], day: ["Ngày", "Day"], as_table: ["Dạng bảng", "As a table"], as_chart: ["Dạng biểu đồ", "As a chart"],
  trend_text: ["Trong 30 ngày: tiếp nhận {0}, giải quyết trước hạn và đúng hạn {1}, quá hạn {2}. Ngày tiếp nhận nhiều nhất: {3} ({4}).", "In 30 days: {0} received, {1} settled in time, {2} late. Busiest day: {3} ({4})."],
  by_due: ["Đang mở theo ngày hẹn trả", "Open, by due date"], due: ["Hẹn trả", "Due"], no_due: ["không có hạn", "no due date"], running: ["Đang giải quyết", "Running"],
  by_procedure: ["Theo thủ tục", "By procedure"], procedure: ["Thủ tục", "Procedure"], by_channel: ["Theo kênh nộp", "By channel"], channel: ["Kênh", "Channel"], received_short: ["Tiếp nhận", "Received"],
  late_or_data: ["Xử lý chậm hay dữ liệu đến chậm?", "Late work or late data?"], late_text: ["Trong 30 ngày có {0} hồ sơ giải quyết quá hạn; {1} hồ sơ kết thúc theo tin không ghi ngày, nên có thể chỉ là dữ liệu đến chậm.", "In 30 days {0} dossiers were settled late; {1} ended on a word without a date of its own, and may only have been told late."],
  dossiers: ["Hồ sơ đang mở", "Open dossiers"], code: ["Mã hồ sơ", "Code"], status: ["Trạng thái", "Status"], accepted: ["Tiếp nhận", "Accepted"], print: ["In trang này", "Print"], back: ["Về toàn thành phố", "Back to the city"],
  dossier: ["Hồ sơ {0}", "Dossier {0}"], figures_at: ["Số liệu lúc {0}", "Figures at {0}"], history: ["Diễn biến", "History"], holders: ["Cơ quan giữ hồ sơ", "Held by"], from: ["từ {0}", "from {0}"], until: ["đến {0}", "until {0}"], held_still: ["đến nay", "until now"], told: ["nhận tin {0}", "told {0}"], told_late: ["tin đến chậm {0}", "told {0} late"], clock_running: ["Đang tính thời hạn", "The clock is running"], clock_paused: ["Tạm dừng tính thời hạn", "The clock is paused"], clock_ended: ["Đã kết thúc", "Ended"], clock_waiting: ["Chờ tiếp nhận", "Awaiting acceptance"],
  deciding: ["Cơ quan giải quyết", "Deciding agency"], receiving: ["Nơi tiếp nhận", "Received at"], promised: ["Hẹn trả hiện tại", "Promised"], original_due: ["Hẹn trả ban đầu", "First promise"], rounds: ["Lần yêu cầu bổ sung", "Supplement rounds"], disagrees: ["Cổng dịch vụ công đang báo: {0}", "The portal says: {0}"],
  not_found: ["Không có trang này.", "There is no such page."], failed: ["Không tải được; sẽ thử lại.", "Could not load; trying again."], pause_wall: ["Dừng chuyển trang", "Stop rotating"], go_wall: ["Tự chuyển trang", "Rotate"],
  seconds: ["{0} giây", "{0} s"], minutes: ["{0} phút", "{0} min"], hours: ["{0} giờ", "{0} h"], days: ["{0} ngày", "{0} d"],
};

const statuses = [null, ["Mới đăng ký", "Registered"], ["Được tiếp nhận", "Accepted"], ["Không được tiếp nhận", "Refused"], ["Đang xử lý", "In progress"],
  ["Yêu cầu bổ sung giấy tờ", "Supplement asked for"], ["Yêu cầu thực hiện nghĩa vụ tài chính", "Awaiting payment"], ["Công dân yêu cầu rút hồ sơ", "Withdrawn"],
  ["Dừng xử lý", "Stopped"], ["Đã xử lý xong", "Done"], ["Đã trả kết quả", "Handed over"]];
const kinds = { record: ["Đồng bộ hồ sơ", "Record"], progress: ["Tiến trình", "Step"], status: ["Trạng thái", "Status"], due_changed: ["Đổi ngày hẹn trả", "Due date changed"],
  transferred: ["Chuyển đơn vị", "Transferred"], paid: ["Đã nộp phí", "Paid"], rated: ["Đánh giá", "Rated"], apology_sent: ["Đã gửi thư xin lỗi", "Apology sent"], alias: ["Mã khác", "Alias"], erased: ["Đã xóa", "Erased"] };
const rules = { overdue: ["Quá hạn", "Overdue"], due_soon_1: ["Sắp đến hạn", "Due soon"], due_soon_2: ["Sắp đến hạn", "Due soon"], due_soon_3: ["Sắp đến hạn", "Due soon"],
  acceptance: ["Quá giờ tiếp nhận", "Acceptance is late"], step_overdue: ["Bước xử lý quá hạn", "Step overdue"], supplement_late: ["Yêu cầu bổ sung muộn", "Supplement asked for late"],
  apology_missing: ["Thiếu thư xin lỗi", "Apology is missing"], reappointed_twice: ["Hẹn lại lần thứ hai", "Re-appointed twice"] };
const channels = { counter: ["Trực tiếp", "Counter"], online: ["Trực tuyến", "Online"], postal: ["Bưu chính", "Postal"], other: ["Khác", "Other"], unknown: ["Không rõ", "Unknown"] };

let english = localStorage.getItem("hoso.lang") === "en";
let forms = {};

function setForms() {
  const locale = english ? "en-GB" : "vi-VN";
  const date = (options) => new Intl.DateTimeFormat(locale, { timeZone: ZONE, ...options });
  forms = { number: new Intl.NumberFormat(locale), one: new Intl.NumberFormat(locale, { maximumFractionDigits: 1 }),
    share: new Intl.NumberFormat(locale, { style: "percent", minimumFractionDigits: 2, maximumFractionDigits: 2 }),
    day: date({ day: "2-digit", month: "2-digit", year: "numeric" }), short: date({ day: "2-digit", month: "2-digit" }),
    clock: date({ hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" }),
    long: date({ weekday: "long", day: "2-digit", month: "2-digit", year: "numeric" }) };
  document.documentElement.lang = english ? "en" : "vi";
}
setForms();

export function switchLanguage() {
  english = !english;
  localStorage.setItem("hoso.lang", english ? "en" : "vi");
  setForms();
}

export function isEnglish() { return english; }

export function t(key, ...values) {
  const pair = words[key];
  return (pair ? pair[english ? 1 : 0] : key).replace(/\{(\d)\}/g, (_, index) => values[index]);
}
const of = (pair, fallback) => (pair ? pair[english ? 1 : 0] : fallback);
export const statusText = (status) => of(statuses[status], "");
export const kindText = (kind) => of(kinds[kind], kind);
export const ruleText = (rule) => of(rules[rule], rule);
export const channelText = (channel) => of(channels[channel], channel);
const unitKinds = { "xã": "Commune", "phường": "Ward", "đặc khu": "Special zone" };
export const typeText = (type) => (english ? unitKinds[type] || type : type.charAt(0).toUpperCase() + type.slice(1));

export const number = (value) => (value === null || value === undefined ? "–" : forms.number.format(value));
export const decimal = (value) => forms.one.format(value);
/** "97,5%", or a dash where there is nothing to divide by. */
export const share = (part, whole) => (whole > 0 ? forms.share.format(part / whole) : "–");
export const day = (at) => forms.day.format(at);
export const shortDay = (at) => forms.short.format(at).replace("-", "/"); // as people here write it
export const clock = (at) => forms.clock.format(at);
export const longDay = (at) => forms.long.format(at);
export const dayTime = (at) => `${forms.clock.format(at).slice(0, 5)} ${forms.day.format(at)}`;
/** The day of an instant, as forms and the server write one: "2026-07-01". */
const iso = new Intl.DateTimeFormat("sv-SE", { timeZone: ZONE });
export const isoDay = (at) => iso.format(at);
/** "2026-07-01" of the server is a day, not an instant. */
export const dayOf = (text) => Date.parse(text + "T00:00:00+07:00");

export function duration(seconds) {
  if (seconds < 120) return t("seconds", number(Math.round(seconds)));
  if (seconds < 7200) return t("minutes", number(Math.round(seconds / 60)));
  if (seconds < 172800) return t("hours", number(Math.round(seconds / 3600)));
  return t("days", number(Math.round(seconds / 86400)));
}

/** For comparing as people type: no marks, no case, đ as d. */
export function fold(text) {
  return text.normalize("NFD").replace(/\p{M}/gu, "").replace(/[đĐ]/g, "d").toLowerCase().replace(/\s+/g, " ").trim();
}
