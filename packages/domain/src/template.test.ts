import { expect } from 'chai';
import fc from 'fast-check';
import {
  escapeHtml,
  parseTemplate,
  renderTemplate,
  type Template,
  type TemplateValue,
  valueFaults,
} from './template.ts';

const LONG = { isHtml: false, lengthMax: 1_000_000 };

function parsed(text: string): Template {
  const result = parseTemplate(text);
  if (!result.ok) throw new Error(JSON.stringify(result.faults));
  return result.template;
}

function render(text: string, variables: Record<string, unknown>, isHtml = false): string {
  return renderTemplate(parsed(text), variables, { ...LONG, isHtml });
}

/** Text in which braces, dots and names meet as often as anything else. */
const texts = fc
  .array(
    fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom('{{', '}}', '.', '{', '}', 'Name', ' ', '\n')),
  )
  .map((pieces) => pieces.join(''));
const names = fc.oneof(
  fc.stringMatching(/^[A-Za-z_][A-Za-z0-9_]{0,8}$/),
  fc.constantFrom('__proto__', 'constructor', 'toString', 'hasOwnProperty', 'prototype', '__defineGetter__'),
);
const values: fc.Arbitrary<TemplateValue> = fc.oneof(
  fc.string({ unit: 'grapheme' }),
  fc.constantFrom('{{.Name}}', '$&', "$'", '<b>', '&amp;'),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.boolean(),
);
/** Own properties alone, `__proto__` among them, as JSON.parse makes them. */
const variables = fc
  .array(fc.tuple(names, values), { maxLength: 6 })
  .map((entries): Record<string, TemplateValue> => Object.fromEntries(entries));
const literals = fc.string({ unit: 'grapheme' }).filter((text) => !text.includes('{'));

describe('template', () => {
  for (const [text, expected] of [
    ['Hi {{.Name}}!', 'Hi Ada!'],
    ['{{.Name}}{{.Name}}', 'AdaAda'],
    ['{{ .Name }} {{\t.Name\t}}', 'Ada Ada'],
    ['no placeholder } }} { %s ${Name}', 'no placeholder } }} { %s ${Name}'],
    ['{ {.Name}} {.Name}', '{ {.Name}} {.Name}'],
    ['{{.Count}} of {{.Total}}: {{.Done}}', '3 of 4.5: false'],
    ['{{._a1}}', 'under'],
    ['', ''],
  ] as const)
    it(`renders ${JSON.stringify(text)}`, () => {
      expect(render(text, { Name: 'Ada', Count: 3, Total: 4.5, Done: false, _a1: 'under' })).to.equal(
        expected,
      );
    });

  for (const [text, line, column] of [
    ['{{Name}}', 1, 1],
    ['a {{.1st}}', 1, 3],
    ['{{.Name', 1, 1],
    ['one\ntwo 👋 {{.Na me}}', 2, 7],
    ['a\r\n\r\n {{if .Name}}', 3, 2],
    ['{{.}}', 1, 1],
    ['{{}}', 1, 1],
    ['{{.A.B}}', 1, 1],
    ['{{.Name|html}}', 1, 1],
    ['{{.İsim}}', 1, 1],
    ['{{{.Name}}}', 1, 1],
    ['{{\n.Name}}', 1, 1],
  ] as const)
    it(`refuses ${JSON.stringify(text)} at line ${line}, column ${column}`, () => {
      const result = parseTemplate(text);
      expect(result.ok ? [] : result.faults.slice(0, 1)).to.have.length(1);
      expect(result.ok ? null : result.faults[0]).to.include({ line, column });
    });

  it('tells every fault, but not thousands', () => {
    const result = parseTemplate('{{a}}\n{{.Ok}} {{b}} {{');
    expect(result.ok ? [] : result.faults.map(({ line, column }) => [line, column])).to.deep.equal([
      [1, 1],
      [2, 9],
      [2, 15],
    ]);
    const many = parseTemplate('{{'.repeat(50_000));
    expect(many.ok ? 0 : many.faults.length).to.equal(20);
  });

  it('says which values are missing, each once, and which are none', () => {
    const template = parsed('{{.A}}{{.B}}{{.A}}{{.C}}{{.D}}{{.E}}{{.F}}');
    const given = { B: 'b', C: null, D: {}, E: [1], F: Number.POSITIVE_INFINITY };
    const message = 'must be a string, a number or a boolean';
    expect(valueFaults(template, given)).to.deep.equal([
      { name: 'A', message: 'is missing' },
      { name: 'C', message: 'is missing' },
      { name: 'D', message },
      { name: 'E', message },
      { name: 'F', message },
    ]);
  });

  it('finds nothing on the prototype', () => {
    for (const name of ['__proto__', 'constructor', 'toString', 'hasOwnProperty'])
      expect(valueFaults(parsed(`{{.${name}}}`), {})).to.deep.equal([{ name, message: 'is missing' }]);
    expect(
      render('{{.__proto__}} {{.constructor}}', JSON.parse('{"__proto__":"p","constructor":"c"}')),
    ).to.equal('p c');
  });

  it('escapes values, and nothing else, where the text is HTML', () => {
    const html = `<a title="{{.T}}">{{.T}} & more</a>`;
    expect(render(html, { T: `<script>"'&` }, true)).to.equal(
      '<a title="&lt;script&gt;&quot;&#39;&amp;">&lt;script&gt;&quot;&#39;&amp; & more</a>',
    );
  });

  it('ends soon after the text is too long', () => {
    const template = parsed('{{.A}}'.repeat(10_000));
    const text = renderTemplate(template, { A: 'x'.repeat(8_000) }, { isHtml: false, lengthMax: 320 });
    expect(text.length).to.be.within(321, 8_000);
  });

  it('never throws, and reads again what it has read: law', () => {
    fc.assert(
      fc.property(texts, (text) => {
        const result = parseTemplate(text);
        if (!result.ok) {
          expect(result.faults).to.not.be.empty;
          for (const { line, column } of result.faults) {
            const onLine = Array.from(text.split('\n')[line - 1] ?? '');
            expect(onLine.slice(column - 1, column + 1).join('')).to.equal('{{');
          }
          return;
        }
        const { literals: between, names: found } = result.template;
        expect(between).to.have.length(found.length + 1);
        const written = between.map((literal, index) => {
          const name = found[index];
          return literal + (name === undefined ? '' : `{{.${name}}}`);
        });
        expect(written.join('')).to.equal(text.replaceAll(/\{\{[ \t]*(\.\w+)[ \t]*\}\}/g, '{{$1}}'));
      }),
      { numRuns: 1_000 },
    );
  });

  it('puts each value in the place of each of its placeholders, as it is: law', () => {
    fc.assert(
      fc.property(variables, fc.array(fc.tuple(literals, names)), literals, (given, pieces, end) => {
        const known = pieces.filter(([, name]) => Object.hasOwn(given, name));
        const text = known.map(([literal, name]) => `${literal}{{.${name}}}`).join('') + end;
        const expected = known.map(([literal, name]) => literal + String(given[name])).join('') + end;
        expect(valueFaults(parsed(text), given)).to.be.empty;
        expect(render(text, given)).to.equal(expected);
      }),
      { numRuns: 500 },
    );
  });

  it('lets no value out of its place in HTML, and loses nothing of it: law', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom('<', '>', '&', '"', "'", 'a', ';', '#', 'ş', '👋') }),
        (value) => {
          const [open, close] = ['<p title="', '">'];
          const html = render(`${open}{{.V}}${close}`, { V: value }, true);
          const within = html.slice(open.length, -close.length);
          expect(within).to.not.match(/[<>"']|&(?!(amp|lt|gt|quot|#39);)/);
          expect(unescape(within)).to.equal(value);
          expect(escapeHtml(value)).to.equal(within);
        },
      ),
      { numRuns: 1_000 },
    );
  });
});

function unescape(html: string): string {
  const characters: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', '#39': "'" };
  return html.replaceAll(/&(amp|lt|gt|quot|#39);/g, (_, name: string) => characters[name] ?? '');
}
