#!/bin/sh
# Creates the namespace, and the search attributes by which workflows are found. Both may exist already.
set -eu
until temporal operator cluster health; do sleep 2; done
temporal operator namespace describe --namespace "$TEMPORAL_NAMESPACE" ||
  temporal operator namespace create --retention 72h --namespace "$TEMPORAL_NAMESPACE"
for name in CadenzaTenant CadenzaSequence CadenzaCampaign CadenzaLead; do
  temporal operator search-attribute create --namespace "$TEMPORAL_NAMESPACE" --name "$name" --type Keyword || true
done
