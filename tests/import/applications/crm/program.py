"""Deals with companies, by the helpers that many projects have."""

from crm_convex import MISSING, ConvexStorage, DealsCompanyCompany, DealsCompanyCompanyAddress

with ConvexStorage.from_env() as storage:
    deals = storage.functions.deals
    parent = deals.company(company=DealsCompanyCompany(name="Tea", parent=None))
    child = deals.company(
        company=DealsCompanyCompany(
            name="Cups",
            parent=parent,
            address=DealsCompanyCompanyAddress(city="Oslo", lines=["Way 1"]),
        )
    )
    deals.open(company=child, name="Ann", value=10)

    (tea,) = storage.companies.by_parent(None)
    assert (tea.doc_id, tea.employees, tea.address) == (parent, MISSING, MISSING)
    (cups,) = storage.companies.by_city("Oslo")
    assert cups.doc_id == child
    (contact,) = storage.contacts.by_company(child, "Ann")
    assert [(one.kind, one.number) for one in contact.phones] == [("work", "1")]
    assert contact.old_score == {"any": ["thing"]}
    (draft,) = storage.drafts.by_owner("Ann")
    assert (draft.contact.name, draft.contact.phones, draft.step) == (MISSING, [], 2)
    (lead,) = storage.deals.by_stage("")
    assert (lead.value, lead.channel) == (10, "a friend")
    (won,) = storage.deals.by_stage("won")
    assert not isinstance(won.value, float)
    assert (won.value.min, won.value.max, won.channel) == (10, 20, "mail")
print("done")
