/** PowerQuestion, whose code (a dialog, and what keeps the focus in it) is loaded when it may be needed. */
import { lateCode } from "../app/late.ts";

export const LateQuestion = lateCode(async () => ({
  default: (await import("./PowerQuestion.tsx")).PowerQuestion,
}));
