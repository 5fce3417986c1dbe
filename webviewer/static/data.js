// What scripts ask the viewer, and what they tell it: JSON below data/, with the token of our forms.

export const ROOT = "/viewer/data/";
const AWAY = { error: "The viewer does not answer." };
const PATIENCE = 30_000;
let token = document.querySelector("[name=csrf_token]")?.value ?? "";

/**
 * Send a request; `again`: not the first time, so it is no use of the archive.
 * @returns {Promise<{status: number, body: any}>} status 0 where nobody answers; where it failed,
 *   `body.error` says why.
 */
export async function ask(method, path, { body, version, again } = {}) {
  const headers = {};
  if (method !== "GET") headers["X-CSRFToken"] = token;
  if (body !== undefined) headers["Content-Type"] = "application/json";
  if (version) headers["If-Match"] = `"${version}"`;
  if (again) headers["X-Again"] = "1";
  try {
    const answer = await fetch(ROOT + path, {
      method, headers, redirect: "error",
      body: body === undefined ? undefined : JSON.stringify(body),
      signal: AbortSignal.timeout(PATIENCE),
    });
    const isJson = answer.headers.get("Content-Type")?.startsWith("application/json");
    return { status: answer.status, body: isJson ? await answer.json() : answer.ok ? null : AWAY };
  } catch {
    return { status: 0, body: AWAY };
  }
}

/** Ask for the token anew, as after a restart of the viewer; whether it was given. */
export async function renew() {
  const { status, body } = await ask("GET", "session/");
  if (status === 200) token = body.csrf;
  return status === 200;
}
