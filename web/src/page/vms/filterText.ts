/** What is wrong with a filter, in words. */
import type { TFunction } from "i18next";
import type { Problem } from "../../model/filter.ts";

export function explainProblem({ why, term, field, hint }: Problem, t: TFunction): string {
  switch (why) {
    case "field":
      if (hint === "") return t("There is no field “{{field}}”; the term is ignored.", { field });
      return t("There is no field “{{field}}”; is “{{hint}}” meant?", { field, hint });
    case "value":
      return t("“{{term}}” lacks a value; it is ignored.", { term });
    case "number":
      return explainNumber(field, term, t);
    case "quote":
      return t("A quotation mark of “{{term}}” is not closed; the term is ignored.", { term });
    case "many":
      return t("There are too many terms; those from “{{term}}” on are ignored.", { term });
  }
}

function explainNumber(field: string, term: string, t: TFunction): string {
  if (field === "age") {
    return t("“{{term}}” is no age: write age:<1d or age:>=2h, with s, m, h, d or w.", { term });
  }
  if (field === "memory") {
    return t("“{{term}}” is no size: write memory:>=4Gi or memory:1Gi..8Gi.", { term });
  }
  return t("“{{term}}” is no number: write cpu:2, cpu:>=4 or cpu:2..8.", { term });
}
