import createClient, { type Middleware } from "openapi-fetch";
import { problemOf, unreachable } from "./problem";
import type { paths } from "./schema";

/** The typed client of the REST API: `await call(api.GET("/leads", { params: { query: { search } } }))`. */

/** The browser sends the session cookie by itself. This header proves to the API that the request comes from our
 * page. */
const fromThisPage: Middleware = {
  onRequest({ request }) {
    request.headers.set("X-Cadenza-CSRF", "1");
    return request;
  },
  onError() {
    return unreachable();
  },
};

export const api = createClient<paths>({ baseUrl: "" });
api.use(fromThisPage);

interface Answer<Data> {
  data?: Data;
  error?: unknown;
  response: Response;
}

/** Returns the body of a successful answer. Throws `ApiProblem` for any other. */
export async function call<Data>(answer: Promise<Answer<Data>>): Promise<Data> {
  const { data, error, response } = await answer;
  if (!response.ok) throw problemOf(response.status, error);
  return data as Data;
}

/** A header that makes a POST safe to repeat. Use one key for one intention of the user. */
export function once(): { "Idempotency-Key": string } {
  return { "Idempotency-Key": crypto.randomUUID() };
}

/** For answers that are not JSON (exports). Returns the raw body, or throws `ApiProblem`. */
export async function download(path: string): Promise<Blob> {
  const response = await fetch(path).catch(() => {
    throw unreachable();
  });
  if (!response.ok) throw problemOf(response.status, await response.json().catch(() => null));
  return response.blob();
}
