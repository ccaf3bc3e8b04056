// For each line with the text of a TypeScript module, as JSON: a line with the kinds of all nodes
// of its syntax tree, in order, and with what the parser says against it.

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
    ts.forEachChild(node, visit);
  };
  visit(file);
  const problems = file.parseDiagnostics.map(({ messageText }) => messageText);
  console.log(JSON.stringify({ kinds, problems }));
}
