import { getDocumentSize, type Value } from "convex/values";

/**
 * What one call reads or writes: well under the 16 MiB, 16,000 documents written
 * and 4,096 index ranges of a transaction, whose documents are read twice where
 * they are deleted.
 * https://docs.convex.dev/production/state/limits
 */
export class Budget {
  private bytes = 7 * 1024 * 1024;
  private documents = 2500;
  private ranges = 1500;

  spend(document: Record<string, Value>): void {
    this.documents -= 1;
    this.bytes -= getDocumentSize(document);
  }

  spendRange(): void {
    this.ranges -= 1;
  }

  get isSpent(): boolean {
    return this.bytes <= 0 || this.documents <= 0 || this.ranges <= 0;
  }
}
