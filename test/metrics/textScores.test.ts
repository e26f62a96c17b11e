import { expect, test } from "vitest";
import { accuracy } from "../../lib/metrics/accuracy.js";
import { bleu } from "../../lib/metrics/bleu.js";
import { chrf } from "../../lib/metrics/chrf.js";
import { errorRate } from "../../lib/metrics/errorRate.js";
import { rougeL } from "../../lib/metrics/rougeL.js";
import { scoreRows, scoreTexts } from "../../lib/metrics/textScores.js";

const hypotheses = ["The cat sat on the mat", "a Dog", "yes"];
const references = [["the cat sat on a mat", "The cat sat on the mat"], ["a dog barks"], ["no", "yes"]];

test("all scores at once are those of each function", () => {
  const words = (text: string) => text.split(" ");
  const scores = scoreTexts(hypotheses, references);
  const { bleu: own, chrf: characters, rougeL: subsequences, errorRate: errors, exact, tokenAccuracy } = scores;
  expect(own).toEqual(bleu(hypotheses, references));
  expect(characters).toEqual(chrf(hypotheses, references));
  expect(errors).toEqual(
    errorRate(
      hypotheses.map(words),
      references.map((texts) => texts.map(words)),
    ),
  );
  expect(subsequences).toEqual(
    rougeL(
      hypotheses.map(words),
      references.map((texts) => texts.map(words)),
    ),
  );
  expect(exact).toBeCloseTo(2 / 3, 12);
  // Compared with the reference that is met exactly, else with the first.
  const nearest = [references[0]?.[1], references[1]?.[0], references[2]?.[1]] as string[];
  expect(tokenAccuracy).toBe(accuracy(hypotheses.map(words), nearest.map(words)).token);
});

test("case and unit belong to all scores, the tokenisation to BLEU", () => {
  const folded = scoreTexts(hypotheses, references, { lowercase: true, tokenize: "char" });
  expect(folded.bleu.signature).toContain("case:lc|eff:no|tok:char");
  expect(folded.chrf.signature).toContain("case:lc");
  expect(folded.errorRate.edits).toBe(1);
  expect(scoreTexts(["ab"], ["ac"], { unit: "characters" }).errorRate).toMatchObject({ edits: 1, referenceLength: 2 });
  expect(scoreTexts(["  ab  c "], ["ab c"]).errorRate).toMatchObject({ edits: 0, referenceLength: 2 });
  expect(scoreTexts(["ab"], ["ac"]).errorRate).toMatchObject({ edits: 1, referenceLength: 1 });
});

test("options and texts that do not fit are named", () => {
  expect(() => scoreTexts(["a"], ["a"], { unit: "letters" } as never)).toThrow(/unit to be one of words, characters/);
  expect(() => scoreTexts(["a"], ["a"], { tokenise: "char" } as never)).toThrow(/did you mean tokenize/);
  expect(() => scoreTexts("a" as never, ["a"])).toThrow(/scoreTexts: expected hypotheses in an array/);
  expect(() => scoreTexts([5 as never], ["a"])).toThrow(/expected hypothesis 0 of 1 to be a text, got 5/);
});

test("rows say each score with its unit, and that BLEU is none where no text has four words", () => {
  const scores = scoreTexts(["the cat sat on a mat", "so it goes"], ["the cat sat on the mat", ["so it goes", "yes"]]);
  expect(scoreRows(scores, "words")).toEqual([
    ["BLEU", "59.69  (nrefs:var|case:mixed|eff:no|tok:13a|smooth:exp)"],
    ["chrF", "74.83  (nrefs:var|case:mixed|eff:yes|nc:6|nw:0|space:no)"],
    ["ROUGE-L", "91.67  (longest common runs of words, others may stand between)"],
    ["exact", "50.00 %  (50.00 % with an error)"],
    ["error rate", "11.11 % of words"],
    ["accuracy", "88.89 % of words, place by place"],
  ]);
  const [bleuRow] = scoreRows(scoreTexts(["so it goes"], ["so it goes"]), "symbols");
  expect(bleuRow).toEqual(["BLEU", "none (it counts runs of 1 to 4 words, and no text has 4: see chrF and exact)"]);
});
