/** The consoles, whose code is loaded when they are shown. */
import { lateCode } from "../../../app/late.ts";
import { Loading } from "../../../part/LiveGate.tsx";

export const LateSerialConsole = lateCode(
  () => import("./SerialConsole.tsx").then((each) => ({ default: each.SerialConsole })),
  <Loading />,
);
export const LateGraphicalConsole = lateCode(
  () => import("./GraphicalConsole.tsx").then((each) => ({ default: each.GraphicalConsole })),
  <Loading />,
);
