"""What Schemathesis has to know of this API that no description of it says. Loaded by SCHEMATHESIS_HOOKS."""

import os

import requests
import schemathesis

from schemathesis.checks import CHECKS
from schemathesis.core.failures import Failure


def sign_in() -> str:
    """A session of its own, for a request that ends the one it comes with."""
    answer = requests.post(
        f"{os.environ['FUZZ_URL']}/api/v1/auth/token",
        json={
            "grant_type": "password",
            "username": os.environ["FUZZ_USER"],
            "password": os.environ["FUZZ_PASSWORD"],
        },
        timeout=10,
    )
    answer.raise_for_status()
    return answer.json()["access_token"]


def operation_id(case) -> str:
    return case.operation.definition.raw.get("operationId", "")


@schemathesis.hook
def before_call(context, case, kwargs) -> None:
    # The rest of the run would be nobody's.
    if operation_id(case) == "signOut" and case.headers.get("Authorization", "").startswith("Bearer ey"):
        case.headers["Authorization"] = f"Bearer {sign_in()}"


class SchemaSaysTooLittle(Failure):
    """What the schema allows was refused as malformed: the schema does not say what the route asks for."""


@schemathesis.check
def schema_says_enough(ctx, response, case) -> None:
    """
    422 has two meanings here: `request.invalid` is a request that is not as described, every other code one that is, and
    cannot be carried out as things stand (a secret that is not there, variables that the template refuses).
    `positive_data_acceptance` tells statuses apart and not codes, so that it takes 422; this takes the first meaning out
    of it again.
    """
    if response.status_code != 422 or case.meta is None or not case.meta.generation.mode.is_positive:
        return
    answer = response.json()
    # A link can bring what no schema allows, and nothing that was made of the schema is: the name of a built-in role
    # stands in a list where others have ids.
    if all(error == {"pointer": "/params/id", "detail": "Invalid UUID"} for error in answer.get("errors", [None])):
        return
    if answer.get("code") == "request.invalid":
        raise SchemaSaysTooLittle(
            operation=case.operation.label,
            title="Refused as malformed, though the schema allows it",
            message=str(answer.get("errors") or answer.get("detail")),
        )


freed = CHECKS.get_one("use_after_free")
CHECKS.unregister("use_after_free")


@schemathesis.check
def use_after_free(ctx, response, case):
    """
    As it is, but of a DELETE that was answered 202: that has only begun a removal. The object is there until its operation
    has ended, and an instance stays to be read after that, as `Deleted`.
    """
    for other in ctx.internals.find_related(case_id=case.id):
        answer = ctx.internals.find_response(case_id=other.id)
        if other.operation.method.upper() == "DELETE" and answer is not None and answer.status_code == 202:
            return None
    return freed(ctx, response, case)
