import { useInfiniteQuery } from "@tanstack/react-query";
import { type ReactNode, useState } from "react";
import { SelectField, TextField } from "@/ui/inputs/field";
import { campaignsQuery } from "../queries";
import { createCampaign } from "./campaigns";

interface Campaign {
  id: string;
  name: string;
}

/** Chooses an existing campaign, or the name of a new one, which is created when it is needed. */
export function useCampaignChoice() {
  const campaigns = useInfiniteQuery(campaignsQuery());
  const [id, setId] = useState("");
  const [name, setName] = useState("");
  const [made, setMade] = useState<Campaign | null>(null);
  const listed: Campaign[] = campaigns.data?.pages.flatMap((page) => page.items) ?? [];
  const known = made === null || listed.some((one) => one.id === made.id) ? listed : [made, ...listed];
  /** The ID of the chosen campaign. If a later request is refused, a campaign that was just created is not created
   * again. */
  async function settle(): Promise<Campaign> {
    const there = known.find((one) => one.id === id);
    if (there !== undefined) return there;
    const created = await createCampaign({ name, description: "" });
    setMade(created);
    setId(created.id);
    return created;
  }
  return { known, id, setId, name, setName, settle };
}

export function CampaignChoice({
  choice,
  label,
  newOne,
  nameLabel,
  hint,
  error,
  required = false,
}: {
  choice: ReturnType<typeof useCampaignChoice>;
  label: string;
  newOne: string;
  nameLabel: string;
  hint?: ReactNode;
  error?: string | undefined;
  required?: boolean;
}) {
  return (
    <>
      <SelectField
        label={label}
        hint={hint}
        value={choice.id}
        onChange={(event) => choice.setId(event.target.value)}
      >
        <option value="">{newOne}</option>
        {choice.known.map((campaign) => (
          <option key={campaign.id} value={campaign.id}>
            {campaign.name}
          </option>
        ))}
      </SelectField>
      {choice.id === "" && (
        <TextField
          label={nameLabel}
          required={required}
          maxLength={200}
          value={choice.name}
          error={error}
          onChange={(event) => choice.setName(event.target.value)}
        />
      )}
    </>
  );
}
