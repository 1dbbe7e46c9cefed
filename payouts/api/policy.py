"""Pay policy: finance's settings for everybody."""

from piecework.payouts.books import pay_policy
from piecework.payouts.errors import OwnPolicy, PolicyDecided
from piecework.payouts.schemas.policy import PolicyIn, PolicyOut, PolicyVersion, PolicyVersions
from piecework.platform.identity.models import Role
from piecework.platform.web.operation import Call, Operation

READ = "pay_policy.read"
PROPOSE = "pay_policy.propose"
APPROVE = "pay_policy.approve"

PERMISSIONS: dict[str, frozenset[str]] = {
    READ: frozenset({Role.FINANCE, Role.ADMINISTRATOR, Role.CURATOR}),
    PROPOSE: frozenset({Role.FINANCE}),
    APPROVE: frozenset({Role.FINANCE, Role.ADMINISTRATOR}),
}


async def show_policy(_call: Call) -> PolicyOut:
    """The newest approved version."""
    return PolicyOut(version=await pay_policy.version(), policy=await pay_policy.current())


async def policy_versions(_call: Call) -> PolicyVersions:
    """All versions, those too that wait for their approval or never got it."""
    return PolicyVersions(versions=[PolicyVersion(**one) for one in await pay_policy.versions()])


async def propose_policy(call: Call, body: PolicyIn) -> PolicyVersion:
    """Write the next version; somebody else approves it."""
    return await _shown(await pay_policy.propose(call.principal.account_id, body.policy, body.reason))


async def approve_policy(call: Call) -> PolicyVersion:
    """Approve a version that somebody else proposed: it counts from now on."""
    version = call.number("version")
    await pay_policy.approve(call.principal.account_id, version)
    return await _shown(version)


async def _shown(version: int) -> PolicyVersion:
    (found,) = await pay_policy.versions(version)
    return PolicyVersion(**found)


OPERATIONS = (
    Operation("GET", "/pay-policy", show_policy, READ, "The settings of pay", reply=PolicyOut),
    Operation("GET", "/pay-policy/versions", policy_versions, READ, "All versions of the settings of pay", reply=PolicyVersions),
    Operation("PUT", "/pay-policy", propose_policy, PROPOSE, "Propose settings of pay", body=PolicyIn, reply=PolicyVersion),
    Operation("POST", "/pay-policy/versions/{version}/approve", approve_policy, APPROVE, "Approve settings of pay",
              reply=PolicyVersion, errors=(OwnPolicy, PolicyDecided)),
)  # fmt: skip
