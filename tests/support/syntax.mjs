// For each line with the text of a TypeScript module, as JSON: a line with the kinds of all nodes
// of its syntax tree, in order, and with what the parser says against it. Names of properties are
// of one kind, whether they need quotes or not.

import { createInterface } from "node:readline";
import ts from "typescript";

for await (const line of createInterface({ input: process.stdin })) {
  const file = ts.createSourceFile(
    "module.ts",
    JSON.parse(line),
    ts.ScriptTarget.ESNext,
    false,
  );
  const kinds = [];
  const visit = (node) => {
    kinds.push(node.kind);
    ts.forEachChild(node, (child) => {
      if (ts.isPropertyAssignment(node) && child === node.name && isText(child))
        kinds.push("name");
      else visit(child);
    });
  };
  visit(file);
  const problems = file.parseDiagnostics.map(({ messageText }) => messageText);
  console.log(JSON.stringify({ kinds, problems }));
}

function isText(name) {
  const text = ts.isComputedPropertyName(name) ? name.expression : name;
  return ts.isIdentifier(name) || ts.isStringLiteral(text);
}
