import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { paths } from "@/api/schema";

/** An HTTP server on loopback that stands where the API stands in production: the components under test talk to it over a
 * real socket, with the real client. Its answers have the types of the API. */

type Method = "get" | "post" | "put" | "patch" | "delete";

/** The JSON of the successful answers of an operation. */
type Answer<Path extends keyof paths, Verb extends Method> = paths[Path][Verb] extends {
  responses: infer Responses;
}
  ? {
      [Status in keyof Responses]: Status extends 200 | 201 | 202
        ? Responses[Status] extends { content: { "application/json": infer Body } }
          ? Body
          : never
        : never;
    }[keyof Responses]
  : never;

export interface ReceivedRequest {
  method: string;
  /** Without the query. */
  path: string;
  query: URLSearchParams;
  headers: IncomingMessage["headers"];
  /** As it came over the wire. */
  body: string;
}

/** What a handler throws to answer with a problem of the API. */
export class Refusal extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    detail: string,
  ) {
    super(detail);
  }
}

interface Route {
  method: string;
  pattern: RegExp;
  handle: (request: ReceivedRequest) => unknown;
}

export class ApiServer {
  readonly requests: ReceivedRequest[] = [];
  private readonly routes: Route[] = [];
  private readonly http: Server = createServer((request, response) => void this.handle(request, response));

  /** Starts on a free port. Returns the origin, such as `http://127.0.0.1:40123`. */
  async start(): Promise<string> {
    await new Promise<void>((started) => this.http.listen(0, "127.0.0.1", started));
    return `http://127.0.0.1:${(this.http.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.http.closeAllConnections();
    await new Promise((stopped) => this.http.close(stopped));
  }

  /** Forgets all answers and requests. */
  reset(): void {
    this.routes.length = 0;
    this.requests.length = 0;
  }

  /** Sets the answer to an operation, a value or a function of the request. The last one set counts. */
  answer<Path extends keyof paths, Verb extends Method>(
    verb: Verb,
    path: Path,
    answer: Answer<Path, Verb> | ((request: ReceivedRequest) => Answer<Path, Verb>),
  ): void {
    const pattern = new RegExp(`^${String(path).replaceAll(/\{\w+\}/g, "[^/]+")}$`);
    const handle = typeof answer === "function" ? (answer as Route["handle"]) : () => answer;
    this.routes.unshift({ method: verb.toUpperCase(), pattern, handle });
  }

  /** The requests to an operation so far. */
  requestsTo(verb: Method, path: string): ReceivedRequest[] {
    return this.requests.filter((one) => one.method === verb.toUpperCase() && one.path === path);
  }

  private async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname, searchParams } = new URL(request.url ?? "/", "http://loopback");
    const chunks: Uint8Array[] = [];
    for await (const chunk of request) chunks.push(chunk as Uint8Array);
    const received: ReceivedRequest = {
      method: request.method ?? "",
      path: pathname,
      query: searchParams,
      headers: request.headers,
      body: Buffer.concat(chunks).toString("utf-8"),
    };
    this.requests.push(received);
    const [status, body] = this.answerTo(received);
    response.writeHead(status, {
      "Content-Type": status < 400 ? "application/json" : "application/problem+json",
    });
    response.end(JSON.stringify(body));
  }

  private answerTo(received: ReceivedRequest): [status: number, body: unknown] {
    const route = this.routes.find(
      (one) => one.method === received.method && one.pattern.test(received.path),
    );
    if (route === undefined) {
      return [
        501,
        { code: "no_answer", detail: `The test sets no answer to ${received.method} ${received.path}.` },
      ];
    }
    try {
      return [200, route.handle(received)];
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      return [
        error.status,
        { code: error.code, detail: error.message, status: error.status, title: error.code },
      ];
    }
  }
}
