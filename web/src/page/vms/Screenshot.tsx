/** The last picture of a guest's screen. */
import { Spinner } from "@patternfly/react-core";
import type { TFunction } from "i18next";
import { useEffect, useRef, useState } from "react";
import { ApiError } from "../../data/api.ts";
import { type RightQuestion, useRights } from "../../data/rights.ts";
import { readState } from "../../model/power.ts";
import type { Row } from "../../model/row.ts";
import { nameStatus } from "../../model/status.ts";
import { formatExact } from "../../model/time.ts";
import { nameRefusal } from "../../part/Refusal.tsx";
import { useTranslation } from "../../text/hook.ts";
import type { Photographer, Picture, Screen } from "./screenshots.ts";

export interface ScreenshotProps {
  readonly row: Row;
  readonly photographer: Photographer;
}

export function Screenshot({ row, photographer }: ScreenshotProps) {
  const { t } = useTranslation();
  const runs = readState(row.status) === "on";
  const denied = useRights(askScreen(row.namespace)).find(({ state }) => state === "denied");
  if (!runs) {
    return <NoScreen why={t("no screen: {{status}}", { status: nameStatus(row.status, t) })} />;
  }
  if (denied !== undefined)
    return <NoScreen why={t("Your rights do not allow to see the screen.")} />;
  // another instance has another screen
  return <Live key={`${row.key} ${row.node}`} row={row} photographer={photographer} />;
}

/** kube-apiserver looks at the right to vnc, virt-api at the whole. */
function askScreen(namespace: string): RightQuestion[] {
  const resource = { group: "subresources.kubevirt.io", plural: "virtualmachineinstances" };
  return ["vnc", "vnc/screenshot"].map((subresource) => {
    return { verb: "get", resource, subresource, namespace };
  });
}

function Live({ row, photographer }: ScreenshotProps) {
  const { t, i18n } = useTranslation();
  const place = useRef<HTMLSpanElement>(null);
  const screen = useScreen(place, row, photographer);
  const { picture, time, error } = screen;
  return (
    <span ref={place} className="vms-screen-place">
      {picture !== null && <Drawing picture={picture} />}
      {picture === null && error === null && <Spinner size="md" aria-label={t("Loading")} />}
      {picture === null && error !== null && <span className="vp-words">{explain(error, t)}</span>}
      {picture !== null && error !== null && time !== null && (
        <span className="vms-screen-old" title={explain(error, t)}>
          {t("not any more; taken {{time}}", { time: formatExact(time, i18n.language) })}
        </span>
      )}
    </span>
  );
}

function NoScreen({ why }: { readonly why: string }) {
  return (
    <span className="vms-screen-place">
      <span className="vp-words">{why}</span>
    </span>
  );
}

/** The link around it has its name. */
function Drawing({ picture }: { readonly picture: Picture }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  useEffect(() => {
    const context = canvas.current?.getContext("2d");
    context?.drawImage(picture.bitmap, 0, 0);
  }, [picture]);
  const { width, height } = picture;
  return (
    <span aria-hidden="true">
      <canvas ref={canvas} width={width} height={height} />
    </span>
  );
}

/** Pictures are taken while the place is on the screen. */
function useScreen(
  place: { readonly current: HTMLElement | null },
  { key, namespace, name }: Row,
  photographer: Photographer,
): Screen {
  const [screen, setScreen] = useState<Screen>({ picture: null, time: null, error: null });
  useEffect(() => {
    const element = place.current;
    if (element === null) return;
    let leave: (() => void) | undefined;
    const observer = new IntersectionObserver(([entry]) => {
      if (entry?.isIntersecting && leave === undefined) {
        leave = photographer.enrol({ key, namespace, name, show: setScreen });
      } else if (entry?.isIntersecting === false) {
        leave?.();
        leave = undefined;
      }
    });
    observer.observe(element);
    return () => {
      observer.disconnect();
      leave?.();
    };
  }, [place, key, namespace, name, photographer]);
  return screen;
}

function explain(error: Error, t: TFunction): string {
  if (error instanceof ApiError && error.code === 400 && /graphics/i.test(error.message)) {
    return t("This VM has no graphics device.");
  }
  if (error instanceof ApiError && error.code === 0) return nameRefusal(error, t);
  return t("no picture: {{why}}", { why: error.message });
}
