// The event stream: opened once, opened again for ever. Runs in the shared worker, or in the page where there is none.
import { apply, emptyState } from "./state.js";

const RETRY_FIRST_MS = 1000, RETRY_MAX_MS = 5000, SILENCE_MS = 25000;

/** tell({state, fresh, kind}) after every change; kind "signed_out" when the session is over. */
export class Stream {
  constructor(tell) {
    this.tell = tell;
    this.state = emptyState();
    this.retryMs = RETRY_FIRST_MS;
    setInterval(() => this.watch(), 5000);
    this.open();
  }

  open() {
    clearTimeout(this.timer);
    if (this.source) this.source.close();
    const since = this.state.lastId ? "?since=" + encodeURIComponent(this.state.lastId) : "";
    this.opened = Date.now();
    this.source = new EventSource("/api/v1/stream" + since);
    for (const kind of ["snapshot", "delta", "beat"]) {
      this.source.addEventListener(kind, (event) => {
        this.retryMs = RETRY_FIRST_MS;
        const fresh = apply(this.state, kind, JSON.parse(event.data), event.lastEventId || this.state.lastId);
        this.tell({ kind, state: this.state, fresh });
      });
    }
    this.source.onerror = () => this.lost();
  }

  /** Somebody else has signed in: nothing of what was known is theirs. */
  restart() {
    this.state = emptyState();
    this.halted = false;
    this.open();
  }

  lost() {
    this.source.close();
    this.state.connected = false;
    this.tell({ kind: "lost", state: this.state, fresh: [] });
    this.timer = setTimeout(() => this.again(), this.retryMs);
    this.retryMs = Math.min(this.retryMs * 1.6, RETRY_MAX_MS);
  }

  /** Signed out is the one reason not to try again. */
  async again() {
    try {
      const me = await (await fetch("/api/v1/me")).json();
      if (me.signed_in === false) {
        this.halted = true;
        this.tell({ kind: "signed_out", state: this.state, fresh: [] });
        return;
      }
    } catch { /* the server is away: trying to open says so */ }
    this.open();
  }

  /** A connection that died without a word is found by its silence. */
  watch() {
    if (this.halted || this.source.readyState === EventSource.CLOSED) return;
    if (Date.now() - Math.max(this.state.heardAt, this.opened) > SILENCE_MS) this.lost();
  }
}
