"""The body of error answers: RFC 9457 problem details with this API's extensions."""

from pydantic import BaseModel, ConfigDict


class ProblemField(BaseModel):
    """One invalid field: its path (`steps[2].config.subject`), a stable code, and what to do about it."""

    field: str
    code: str
    detail: str


class Problem(BaseModel):
    """Why a request was refused. `code` is stable; the texts are for people. `state`, if present, is the present state
    of the object that caused the refusal."""

    model_config = ConfigDict(
        extra="allow",
        json_schema_extra={
            "examples": [
                {
                    "type": "tag:cadenza.example,2026:problem/sequence_invalid",
                    "title": "The sequence cannot run as it is",
                    "status": 422,
                    "detail": "The sequence cannot run as it is",
                    "code": "sequence_invalid",
                    "errors": [
                        {
                            "field": "steps[2].config.branches[0].then.goto",
                            "code": "unknown_step",
                            "detail": "there is no step 'nowhere'",
                        }
                    ],
                }
            ]
        },
    )

    type: str
    title: str
    status: int
    detail: str
    code: str
    errors: list[ProblemField]
