import type { Problem } from "./schema";

/** What a refused or failed request is thrown as: the API's problem+json, or one of our own codes when there was no answer. */
export class ApiProblem extends Error {
  readonly status: number;
  readonly code: string;
  readonly fields: readonly FieldProblem[];
  /** The whole answer, for what only this refusal tells. */
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

/** The problem that this answer is; `unreadable_answer` for one that is none of the API's (a proxy's page). */
export function problemOf(status: number, body: unknown): ApiProblem {
  if (typeof body === "object" && body !== null && "code" in body && "detail" in body) {
    const problem = body as Problem;
    return new ApiProblem(status, problem.code, problem.detail, problem.errors ?? [], body);
  }
  return new ApiProblem(status, "unreadable_answer", `The server answered ${status} without saying why.`);
}

export function unreachable(): ApiProblem {
  return new ApiProblem(0, "unreachable", "Cadenza does not answer. Trying again every few seconds.");
}

/** What to tell a person about anything that was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

export function hasCode(error: unknown, code: string): boolean {
  return error instanceof ApiProblem && error.code === code;
}
