/** The thread that decodes pictures: a message in, a message out. */
import { parentPort } from "node:worker_threads";
import { OstinatoError } from "../errors.js";
import { decodePicture } from "./decodePicture.js";
import type { DecodedPicture, PictureBytes } from "./pictureThread.js";

parentPort?.on("message", ({ id, bytes, file, size }: PictureBytes) => {
  let answer: DecodedPicture;
  try {
    answer = { id, picture: decodePicture(Buffer.from(bytes.buffer), { file, size }) };
  } catch (error) {
    if (!(error instanceof OstinatoError)) throw error;
    answer = { id, problem: error.message };
  }
  parentPort?.postMessage(answer, "picture" in answer ? [answer.picture.values.buffer as ArrayBuffer] : []);
});
