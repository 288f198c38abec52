import type { Problem } from "./schema";

/** The error for a refused or failed request: the API's problem+json, or a code of this file when there was no
 * answer. */
export class ApiProblem extends Error {
  readonly status: number;
  readonly code: string;
  readonly fields: readonly FieldProblem[];
  /** The whole answer, for refusals that carry more than the common fields. */
  readonly body: unknown;

  constructor(
    status: number,
    code: string,
    detail: string,
    fields: readonly FieldProblem[] = [],
    body: unknown = null,
  ) {
    super(detail);
    this.name = "ApiProblem";
    this.status = status;
    this.code = code;
    this.fields = fields;
    this.body = body;
  }
}

/** `field` is a path such as `steps[2].config.subject`. */
export interface FieldProblem {
  field: string;
  code: string;
  detail: string;
}

/** Reads an answer as a problem. The code is `unreadable_answer` if the answer is not from the API (a proxy's
 * page). */
export function problemOf(status: number, body: unknown): ApiProblem {
  if (typeof body === "object" && body !== null && "code" in body && "detail" in body) {
    const problem = body as Problem;
    return new ApiProblem(status, problem.code, problem.detail, problem.errors ?? [], body);
  }
  return new ApiProblem(status, "unreadable_answer", `The server answered ${status} without a reason.`);
}

export function unreachable(): ApiProblem {
  return new ApiProblem(0, "unreachable", "Cadenza cannot be reached. Trying again every few seconds.");
}

/** The text to show for anything that was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

export function hasCode(error: unknown, code: string): boolean {
  return error instanceof ApiProblem && error.code === code;
}
