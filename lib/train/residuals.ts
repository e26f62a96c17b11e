import { FileError, quote } from "../errors.js";
import type { Communicator } from "../executor/communicator.js";
import type { Shape } from "../graph/program.js";
import { sameShape, shapeText } from "../graph/program.js";
import type { Parameter } from "../nn/parameter.js";
import type { VariableValues } from "./trainingVariables.js";

const beginning = "residual/";

/** Name of the variable that keeps, of a parameter's gradients, what this rank has not sent yet. */
export function residualName(parameter: string): string {
  return `${beginning}${parameter}`;
}

/** Whether a part of a gradient may be sent later: that of a matrix. Vectors (biases, gains) are few numbers and are sent whole. */
export function hasResidual({ shape }: Pick<Parameter, "shape">): boolean {
  return shape.length > 1;
}

/** Name in a checkpoint, which has the residuals of all ranks. */
const nameOfRank = (rank: number, parameter: string) => `${beginning}${rank}/${parameter}`;
const ofRank = /^residual\/(\d+)\/(.+)$/;

/** The residuals of all ranks in place of this rank's own, on the first rank, which writes; on the others none. */
export async function joinedResiduals(
  variables: readonly VariableValues[],
  communicator: Communicator,
): Promise<VariableValues[]> {
  const joined: VariableValues[] = [];
  for (const variable of variables) {
    if (!variable.name.startsWith(beginning)) {
      joined.push(variable);
      continue;
    }
    const parameter = variable.name.slice(beginning.length);
    const { buffer, byteOffset, byteLength } = variable.values;
    const Kind = variable.values.constructor as Float32ArrayConstructor;
    const all = await communicator.gather(new Uint8Array(buffer, byteOffset, byteLength));
    if (communicator.rank !== 0) continue;
    for (const [rank, bytes] of all.entries()) {
      joined.push({ ...variable, name: nameOfRank(rank, parameter), values: new Kind(Uint8Array.from(bytes).buffer) });
    }
  }
  return joined;
}

/**
 * This rank's residuals of a checkpoint. With another number of ranks, rank r of N takes those of r, r + N ..., so that none is lost.
 * @param parameters those that are learnt. @param place this rank; null: there is nothing that is sent later, and residuals are left out.
 * @throws FileError for a residual that fits no parameter.
 */
export function ownResiduals(
  variables: readonly VariableValues[],
  parameters: readonly { readonly name: string; readonly shape: Shape }[],
  place: Pick<Communicator, "rank" | "size"> | null,
): VariableValues[] {
  const others = variables.filter(({ name }) => !ofRank.test(name));
  const shapes = new Map(parameters.map(({ name, shape }) => [name, shape]));
  const own = new Map<string, VariableValues>();
  const parts = variables.flatMap((variable) => {
    const [, rank, parameter] = ofRank.exec(variable.name) ?? [];
    return parameter === undefined ? [] : [{ rank: Number(rank), parameter, variable }];
  });
  for (const { rank, parameter, variable } of parts.sort((a, b) => a.rank - b.rank)) {
    const shape = shapes.get(parameter);
    if (!shape || !sameShape(shape, variable.shape) || variable.dtype !== "f32") {
      const expected = shape ? `f32${shapeText(shape)}` : "no such parameter";
      throw new FileError(
        `Trainer: the checkpoint has ${quote(variable.name)} ${variable.dtype}${shapeText(variable.shape)}, expected ${expected}: ` +
          "it is of another training. Copy the whole folder again from where it came.",
      );
    }
    if (!place) continue;
    const name = residualName(parameter);
    const sum = own.get(name) ?? { ...variable, name, values: variable.values.slice().fill(0) };
    own.set(name, sum);
    if (rank % place.size !== place.rank) continue;
    for (const [i, value] of variable.values.entries()) sum.values[i] = (sum.values[i] as number) + value;
  }
  return [...others, ...own.values()];
}
