// Requests to our own server.

let csrf = "login";

export async function me() {
  const answer = await (await fetch("/api/v1/me")).json();
  if (answer.signed_in) csrf = answer.csrf;
  return answer;
}

/** The JSON of an answer 200; otherwise throws an Error with the server's text and .status. */
export async function get(path) {
  return read(await fetch("/api/v1/" + path));
}

export async function post(path, body) {
  return read(await fetch("/api/v1/" + path, {
    method: "POST", body: JSON.stringify(body || {}), headers: { "Content-Type": "application/json", "X-CSRF-Token": csrf },
  }));
}

async function read(response) {
  let body = {};
  try {
    body = await response.json();
  } catch { /* not ours: a proxy's own page */ }
  if (response.ok) return body;
  const error = new Error(body.error || String(response.status));
  error.status = response.status;
  throw error;
}
