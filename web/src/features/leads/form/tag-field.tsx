import { ChipsField } from "@/ui/inputs/chips";
import { withTags } from "./tags";

export function TagField({
  tags,
  error,
  onChange,
}: {
  tags: readonly string[];
  error?: string | undefined;
  onChange: (tags: string[]) => void;
}) {
  return (
    <ChipsField
      label="Tags"
      error={error}
      items={tags}
      placeholder="Add a tag"
      onAdd={(typed) => onChange(withTags(tags, typed))}
      onRemove={(place) => onChange(tags.filter((_, other) => other !== place))}
    />
  );
}
