/** Names of the recurrent cells, by which a configuration chooses one. */
export const cells = ["lstm", "gru", "rnn"] as const;
