import { getDocumentSize, type Value } from "convex/values";

/**
 * How many documents to read at once while deleting. A document is at most
 * 1 MiB, so a batch stays below the budget's distance to the limit.
 */
export const BATCH_SIZE = 8;

const MAX_BYTES = 4 * 1024 * 1024;

/**
 * What one transaction may delete: well under the 16 MiB read, 16,000
 * documents written and 4,096 index ranges of a Convex transaction.
 * https://docs.convex.dev/production/state/limits
 */
export class DeletionBudget {
  private documents = 1000;
  private bytes = MAX_BYTES;

  /** The documents that are deleted once what is below them is. */
  readonly waiting: Set<string> = new Set();

  spend(document: Record<string, Value>): void {
    this.documents -= 1;
    this.bytes -= getDocumentSize(document);
  }

  /** Whether a document of so many bytes, chunks included, may go as well. */
  admits(bytes: number): boolean {
    return this.bytes === MAX_BYTES || bytes <= this.bytes + MAX_BYTES;
  }

  spendChunks(documents: number, bytes: number): void {
    this.documents -= documents;
    this.bytes -= bytes;
  }

  get isSpent(): boolean {
    return this.documents <= 0 || this.bytes <= 0;
  }
}
