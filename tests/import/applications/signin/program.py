"""Somebody founds an organization, and invites another."""

from signin_convex import MISSING, UNSET, ConvexStorage

with ConvexStorage.from_env() as storage:
    organization = storage.functions.organizations.found(
        name="Tea", email="ann@tea.example", invited=["bob@tea.example"]
    )
    (found,) = storage.organizations.list()
    assert (found.doc_id, found.domains) == (organization, ["tea.example"])
    (ann,) = storage.users.email("ann@tea.example")
    (bob,) = storage.users.email("bob@tea.example")
    assert (ann.plan, bob.plan, bob.is_anonymous) == ("paid", MISSING, MISSING)
    assert storage.users.handle(UNSET).all() == [ann, bob]
    (account,) = storage.auth_accounts.provider_and_account_id("password", "ann@tea.example")
    assert (account.user_id, account.secret) == (ann.doc_id, MISSING)
    first, second = storage.memberships.organization(organization)
    assert (first.user, first.roles, first.invited_by) == (
        ann.doc_id,
        ["owner", "editor"],
        MISSING,
    )
    assert (second.user, second.roles, second.invited_by) == (bob.doc_id, [], ann.doc_id)
    assert storage.memberships.user_and_organization(bob.doc_id, organization).first() == second
    document = storage.functions.organizations.membership(
        user=bob.doc_id, organization=organization
    )
    assert isinstance(document, dict)
    assert document["_id"] == second.doc_id
print("done")
