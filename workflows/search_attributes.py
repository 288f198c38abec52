"""The search attributes of workflows: IDs only, never an address. The registry is also used to register them."""

from uuid import UUID

from temporalio.common import SearchAttributeKey, SearchAttributePair, TypedSearchAttributes

TENANT = SearchAttributeKey.for_keyword("CadenzaTenant")
SEQUENCE = SearchAttributeKey.for_keyword("CadenzaSequence")
CAMPAIGN = SearchAttributeKey.for_keyword("CadenzaCampaign")
LEAD = SearchAttributeKey.for_keyword("CadenzaLead")

REGISTRY: tuple[SearchAttributeKey[str], ...] = (TENANT, SEQUENCE, CAMPAIGN, LEAD)


def of_enrollment(
    *, tenant_id: UUID, sequence_id: UUID, lead_id: UUID, campaign_id: UUID | None
) -> TypedSearchAttributes:
    pairs = [
        SearchAttributePair(TENANT, str(tenant_id)),
        SearchAttributePair(SEQUENCE, str(sequence_id)),
        SearchAttributePair(LEAD, str(lead_id)),
    ]
    if campaign_id is not None:
        pairs.append(SearchAttributePair(CAMPAIGN, str(campaign_id)))
    return TypedSearchAttributes(pairs)


def of_mailbox(*, tenant_id: UUID) -> TypedSearchAttributes:
    return TypedSearchAttributes([SearchAttributePair(TENANT, str(tenant_id))])
