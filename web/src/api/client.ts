import createClient, { type Middleware } from "openapi-fetch";
import { problemOf, unreachable } from "./problem";
import type { paths } from "./schema";

/** The typed client of the REST API: `await call(api.GET("/leads", { params: { query: { search } } }))`. */

/** Who asks is in a cookie, which the browser sends by itself: this tells the API that it was our page that asked. */
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

/** The body of a successful answer. Throws `ApiProblem` for every other. */
export async function call<Data>(answer: Promise<Answer<Data>>): Promise<Data> {
  const { data, error, response } = await answer;
  if (!response.ok) throw problemOf(response.status, error);
  return data as Data;
}

/** A header that makes a POST safe to send again: one key for one intention of a person. */
export function once(): { "Idempotency-Key": string } {
  return { "Idempotency-Key": crypto.randomUUID() };
}

/** For answers that are no JSON (exports): the raw response, or `ApiProblem`. */
export async function download(path: string): Promise<Blob> {
  const response = await fetch(path).catch(() => {
    throw unreachable();
  });
  if (!response.ok) throw problemOf(response.status, await response.json().catch(() => null));
  return response.blob();
}
