import { decodePicture } from "../../node/absent.js";

/** In place of the thread that decodes images. @throws OstinatoError ERR_OSTINATO_BROWSER. */
export const decodeElsewhere: typeof import("../../../formats/pictureThread.js").decodeElsewhere = async () =>
  decodePicture();
