"""Every kind of batch, by its name in the table `batches`."""

from services.batches.enroll_campaign import EnrollCampaign
from services.batches.enroll_leads import EnrollLeads
from services.batches.kind import BatchKind
from services.batches.migrate_leads import MigrateLeads
from services.batches.pause_sequence import PauseSequence
from services.batches.resume_sequence import ResumeSequence
from services.batches.stop_sequence import StopSequence

KINDS: dict[str, BatchKind] = {
    kind.name: kind
    for kind in (
        EnrollCampaign(),
        EnrollLeads(),
        MigrateLeads(),
        PauseSequence(),
        ResumeSequence(),
        StopSequence(),
    )
}
