import {Transform} from "assemblyscript/transform";
import {IdentifierExpression, Node, NodeKind} from "assemblyscript";

/**
 * Compile-time text: `text("abc")` becomes the address of static bytes, a length (u16, little endian) followed by the
 * characters, so that no string object is in the module. ASCII only, at most 65535 characters.
 */
export default class TextTransform extends Transform {
  afterParse(parser) {
    for (const source of parser.sources) {
      if (!source.isLibrary) visit(source, new Set());
    }
  }
}

const SKIPPED = new Set(["range", "source", "parser"]);

function visit(node, done) {
  if (done.has(node)) return;
  done.add(node);
  for (const key of Object.keys(node)) {
    if (SKIPPED.has(key)) continue;
    const value = node[key];
    if (value === null || typeof value !== "object") continue;
    if (isTextCall(value)) node[key] = staticBytes(value);
    else visit(value, done);
  }
}

function isTextCall(node) {
  return (
    node.kind === NodeKind.Call &&
    node.expression instanceof IdentifierExpression &&
    node.expression.text === "text" &&
    node.args.length === 1 &&
    node.args[0].kind === NodeKind.Literal
  );
}

/** The expression `memory.data<u8>([low length, high length, ...characters])` in place of the call. */
function staticBytes(call) {
  const {range} = call;
  const characters = Array.from(call.args[0].value, (character) => character.charCodeAt(0));
  if (characters.length > 65535 || characters.some((code) => code > 127)) {
    throw new Error(`text() takes ASCII only: ${call.args[0].value}`);
  }
  const bytes = [characters.length & 255, characters.length >> 8, ...characters];
  const numbers = bytes.map((byte) => Node.createIntegerLiteralExpression(i64_new(byte), range));
  const data = Node.createPropertyAccessExpression(
    Node.createIdentifierExpression("memory", range),
    Node.createIdentifierExpression("data", range),
    range,
  );
  const u8 = Node.createNamedType(Node.createSimpleTypeName("u8", range), null, false, range);
  return Node.createCallExpression(data, [u8], [Node.createArrayLiteralExpression(numbers, range)], range);
}
