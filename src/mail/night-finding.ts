/** What is not in the lake (a table, or the whole night), why, and what a person does about it. */
export type Failure = {
  readonly name: string;
  readonly code: string;
  readonly message: string;
  readonly cure: string | undefined;
};

/** Something to say about one table. */
export type Finding = { readonly table: string; readonly text: string };
