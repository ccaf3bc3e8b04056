export const REPORTS = 1;
