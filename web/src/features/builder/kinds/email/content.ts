import { isRaw, listOf, numberOf, type Raw, textOf } from "../../model/config";
import type { DraftStep } from "../../model/step";

/** The texts of an email: those of the step itself, and those of its variants. */

export interface Content {
  subject: string;
  body_text: string;
  body_html: string;
}

/** Whose texts are meant: the step's own, or those of the variant at that index. */
export type Part = "own" | number;

export function variantsOf(config: Raw): Raw[] {
  return listOf(config, "variants").map((variant) => (isRaw(variant) ? variant : {}));
}

/** The content that is sent, put together as on the server: a field that the variant leaves empty is taken from the
 * step. But if the variant has one kind of body, it does not inherit the other kind. */
export function contentOf(config: Raw, part: Part): Content {
  const own = wordingOf(config);
  const variant = part === "own" ? undefined : variantsOf(config)[part];
  if (variant === undefined) return own;
  const its = wordingOf(variant);
  return {
    subject: its.subject || own.subject,
    body_text: its.body_text || (its.body_html ? "" : own.body_text),
    body_html: its.body_html || (its.body_text ? "" : own.body_html),
  };
}

function wordingOf(raw: Raw): Content {
  return {
    subject: textOf(raw, "subject"),
    body_text: textOf(raw, "body_text"),
    body_html: textOf(raw, "body_html"),
  };
}

/** The share of leads that gets each variant, between 0 and 1. */
export function sharesOf(variants: readonly Raw[]): number[] {
  const weights = variants.map((variant) => Math.max(numberOf(variant, "weight") ?? 1, 0));
  const all = weights.reduce((sum, weight) => sum + weight, 0);
  return weights.map((weight) => (all === 0 ? 0 : weight / all));
}

/** Adds a variant. The first one comes as a pair, because a test needs two to compare. */
export function withVariant(variants: readonly Raw[]): Raw[] {
  const next = [...variants, { name: freeName(variants), weight: 1 }];
  return variants.length === 0 ? withVariant(next) : next;
}

function freeName(variants: readonly Raw[]): string {
  const taken = new Set(variants.map((variant) => textOf(variant, "name")));
  const letters = Array.from({ length: 26 }, (_, index) => String.fromCharCode(65 + index));
  return letters.find((letter) => !taken.has(letter)) ?? `Variant ${variants.length + 1}`;
}

/** The subject of the thread in which an email replies: that of the last email before it that has one. */
export function threadSubject(step: DraftStep, steps: readonly DraftStep[]): string | null {
  const here = steps.findIndex((other) => other.key === step.key);
  const subjects = steps
    .slice(0, Math.max(here, 0))
    .filter(isEmail)
    .map((other) => contentOf(other.config, variantsOf(other.config).length > 0 ? 0 : "own").subject);
  return subjects.findLast((subject) => subject.trim() !== "") ?? null;
}

export function isEmail(step: DraftStep): boolean {
  return step.type === "email";
}
