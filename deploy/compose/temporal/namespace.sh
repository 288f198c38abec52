#!/bin/sh
# The namespace, and the search attributes that leads are found by. Both may be there already.
set -eu
until temporal operator cluster health; do sleep 2; done
temporal operator namespace describe --namespace "$TEMPORAL_NAMESPACE" ||
  temporal operator namespace create --retention 72h --namespace "$TEMPORAL_NAMESPACE"
for name in CadenzaTenant CadenzaSequence CadenzaCampaign CadenzaLead; do
  temporal operator search-attribute create --namespace "$TEMPORAL_NAMESPACE" --name "$name" --type Keyword || true
done
