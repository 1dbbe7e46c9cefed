"""Pay policy: finance's settings for everybody."""

from piecework.payouts.books import pay_policy
from piecework.payouts.schemas.policy import PolicyIn, PolicyOut
from piecework.platform.web.operation import Call, Operation

PERMISSIONS: dict[str, frozenset[str]] = {
    "pay_policy.read": frozenset({"finance", "administrator", "curator"}),
    "pay_policy.change": frozenset({"finance"}),
}


async def show_policy(_call: Call) -> PolicyOut:
    """The newest version."""
    return PolicyOut(version=await pay_policy.version(), policy=await pay_policy.current())


async def change_policy(call: Call, body: PolicyIn) -> PolicyOut:
    """Make the next version."""
    version = await pay_policy.change(call.principal.account_id, body.policy, body.reason)
    return PolicyOut(version=version, policy=body.policy)


OPERATIONS = (
    Operation("GET", "/pay-policy", show_policy, "pay_policy.read", "The settings of pay", reply=PolicyOut),
    Operation(
        "PUT", "/pay-policy", change_policy, "pay_policy.change", "Change the settings of pay", body=PolicyIn, reply=PolicyOut
    ),
)
