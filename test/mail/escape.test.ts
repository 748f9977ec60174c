import { assert, property, string } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { escapeHtml, html, shortened, visibleText } from '../../src/mail/escape.ts';

describe('visibleText', () => {
  it('keeps letters of every script, and spaces', () => {
    expect(visibleText('Größe café 表 заказы 🧊')).toBe('Größe café 表 заказы 🧊');
  });

  it.each([
    ['a line break', 'a\r\nBcc: x@y', 'a\\r\\nBcc: x@y'],
    ['a terminal escape', '\u001B[31mred', '\\u{1B}[31mred'],
    ['a bidi override', 'invoice\u202Egnp.exe', 'invoice\\u{202E}gnp.exe'],
    ['a zero-width space', 'or\u200Bders', 'or\\u{200B}ders'],
    ['a no-break space', 'orders\u00A0', 'orders\\u{A0}'],
    ['a line separator', 'a\u2028b', 'a\\u{2028}b'],
    ['half a surrogate pair', 'a\uD83D', 'a\\u{D83D}'],
    ['an invisible filler', 'a\u3164', 'a\\u{3164}'],
  ])('shows %s', (_, text, shown) => {
    expect(visibleText(text)).toBe(shown);
  });

  it('never leaves a control or a line break in any string', () => {
    assert(
      property(string({ unit: 'binary' }), (text) => {
        expect(visibleText(text)).not.toMatch(/[\p{Cc}\u2028\u2029\u202A-\u202E\u2066-\u2069]/u);
      }),
    );
  });
});

describe('html', () => {
  it('escapes what is inserted and keeps what is written', () => {
    const name = `<script>alert("1")</script> & 'x'`;
    expect(html`<b title="${name}">${name}</b>`.markup).toBe(
      '<b title="&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt; &amp; &#39;x&#39;">' +
        '&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt; &amp; &#39;x&#39;</b>',
    );
  });

  it('keeps nested markup once, also from lists', () => {
    const items = ['a<', 'b'].map((text) => html`<i>${text}</i>`);
    expect(html`${items}`.markup).toBe('<i>a&lt;</i><i>b</i>');
  });

  it('inserts dollar patterns and template look-alikes as they are', () => {
    expect(escapeHtml("$& $1 {{x}} =cmd|'/c'")).toBe('$&amp; $1 {{x}} =cmd|&#39;/c&#39;');
  });
});

describe('shortened', () => {
  it('marks a cut and never splits a character', () => {
    expect(shortened('🧊🧊🧊', 2)).toBe('🧊…');
    expect(shortened('abc', 3)).toBe('abc');
  });
});
