import { useQuery } from "@tanstack/react-query";
import { useParams } from "@tanstack/react-router";
import { api, call } from "@/api/client";
import { LIVE } from "@/api/query-client";
import { Page } from "@/ui/page/page";
import { Failed, Loading } from "@/ui/page/states";
import { Builder } from "./builder";
import { readSteps } from "./store/saving";

export function BuilderPage() {
  const { sequenceId } = useParams({ from: "/app/sequences/$sequenceId" });
  const sequence = useQuery({
    queryKey: ["sequences", sequenceId],
    queryFn: () =>
      call(api.GET("/sequences/{sequence_id}", { params: { path: { sequence_id: sequenceId } } })),
    refetchInterval: LIVE,
  });
  // Loaded once, when the builder opens. After that the draft belongs to the user.
  const steps = useQuery({
    queryKey: ["draft", sequenceId],
    queryFn: () => readSteps(sequenceId),
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 0,
  });
  const error = sequence.data ? steps.error : (sequence.error ?? steps.error);
  if (sequence.data && steps.data) {
    return <Builder key={sequenceId} sequence={sequence.data} loaded={steps.data} />;
  }
  return (
    <Page title="Sequence">
      {error ? (
        <Failed
          error={error}
          retry={() => {
            void sequence.refetch();
            void steps.refetch();
          }}
        />
      ) : (
        <Loading />
      )}
    </Page>
  );
}
