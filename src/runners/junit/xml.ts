import { XMLParser, XMLValidator } from 'fast-xml-parser';

/** An element of a report. */
export interface Element {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: readonly Element[];
  /** Its own text, in order, without that of its children. */
  readonly text: string;
}

const deepest = 60;
const textName = '#text';
const literalName = '#cdata';
const attributesName = ':@';

/** A file that is no report of ours to read. */
class NotXml extends Error {}

/**
 * Reads XML of which nobody knows who wrote it: entities of its own are refused, and so is what is cut off.
 *
 * @throws NotXml with what is wrong
 */
export function readXml(text: string): Element {
  if (/<!DOCTYPE|<!ENTITY/i.test(text)) throw new NotXml('it declares a document type, which is not read');
  const valid = XMLValidator.validate(text, { allowBooleanAttributes: false });
  if (valid !== true) throw new NotXml(`line ${valid.err.line}: ${valid.err.msg}`);
  const parser = new XMLParser({
    preserveOrder: true,
    ignoreAttributes: false,
    attributeNamePrefix: '',
    processEntities: false,
    parseTagValue: false,
    parseAttributeValue: false,
    trimValues: false,
    ignoreDeclaration: true,
    ignorePiTags: true,
    cdataPropName: literalName,
  });
  const nodes = parser.parse(text) as readonly Node[];
  const roots = nodes.flatMap((node) => elementOf(node, 0));
  const [root] = roots;
  if (root === undefined) throw new NotXml('it is empty');
  return root;
}

type Node = Readonly<Record<string, unknown>>;

function elementOf(node: Node, depth: number): readonly Element[] {
  const name = Object.keys(node).find((key) => key !== attributesName);
  if (name === undefined || name === textName || name === literalName) return [];
  if (depth > deepest) throw new NotXml(`it is nested more than ${deepest} deep`);
  const inside = node[name] as readonly Node[];
  const raw = (node[attributesName] ?? {}) as Readonly<Record<string, string>>;
  return [
    {
      name: name.replace(/^.*:/, ''),
      attributes: Object.fromEntries(Object.entries(raw).map(([key, value]) => [key, decoded(String(value))])),
      children: inside.flatMap((each) => elementOf(each, depth + 1)),
      text: inside.map(textOf).join(''),
    },
  ];
}

function textOf(node: Node): string {
  if (node[textName] !== undefined) return decoded(String(node[textName]));
  const literal = node[literalName] as readonly Node[] | undefined;
  return literal === undefined ? '' : literal.map((each) => String(each[textName] ?? '')).join('');
}

const named: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" };

function decoded(text: string): string {
  return text.replaceAll(/&(?:#x([\da-fA-F]{1,6})|#(\d{1,7})|(lt|gt|amp|quot|apos));/g, (all, hex, decimal, name) => {
    if (name !== undefined) return named[name] ?? all;
    const point = Number.parseInt(hex ?? decimal, hex === undefined ? 10 : 16);
    return point <= 0x10ffff ? String.fromCodePoint(point) : all;
  });
}
