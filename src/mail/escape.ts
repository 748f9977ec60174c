/** Controls, bidi overrides, zero-width and other characters that a reader cannot see or that reorder what he sees. */
const unseen = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]|(?! )\p{Zs}/gu;

/**
 * Makes text from outside (names, rules, messages) safe for every part of a mail: what cannot be seen is shown as an
 * escape. The result is one line, so it can stand in a header too.
 */
export function visibleText(text: string): string {
  return text.replace(unseen, escapeCharacter);
}

function escapeCharacter(character: string): string {
  switch (character) {
    case '\n':
      return '\\n';
    case '\r':
      return '\\r';
    case '\t':
      return '\\t';
    default:
      return `\\u{${(character.codePointAt(0) ?? 0).toString(16).toUpperCase()}}`;
  }
}

/** At most `limit` characters; a cut is marked with an ellipsis. */
export function shortened(text: string, limit: number): string {
  const characters = Array.from(text);
  return characters.length <= limit ? text : `${characters.slice(0, limit - 1).join('')}…`;
}

/** Markup that is safe to put into a page as it stands. Only `html` makes it. */
export type Html = { readonly markup: string };

type Insertion = string | number | Html | readonly Html[];

/** Template tag: markup as written, every inserted string made visible and escaped, inserted `Html` kept. */
export function html(parts: TemplateStringsArray, ...insertions: readonly Insertion[]): Html {
  return { markup: String.raw({ raw: parts }, ...insertions.map(markupOf)) };
}

function markupOf(insertion: Insertion): string {
  if (typeof insertion === 'string' || typeof insertion === 'number') return escapeHtml(String(insertion));
  return 'markup' in insertion ? insertion.markup : insertion.map((item) => item.markup).join('');
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Text as it appears in element content and in quoted attributes. */
export function escapeHtml(text: string): string {
  return visibleText(text).replace(/[&<>"']/g, (character) => entities[character] ?? character);
}
