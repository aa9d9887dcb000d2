/** What the guest's agent tells: asked once when it is looked at, and again on request. */
import { Button, DescriptionList, Progress, ProgressSize } from "@patternfly/react-core";
import { Table, Tbody, Td, Th, Thead, Tr } from "@patternfly/react-table";
import { useCallback, useEffect, useState } from "react";
import { useApi } from "../../data/context.tsx";
import { buildVerbPath } from "../../data/path.ts";
import { formatBytes } from "../../model/quantity.ts";
import { Loading } from "../../part/LiveGate.tsx";
import { Refusal } from "../../part/Refusal.tsx";
import { When } from "../../part/When.tsx";
import { useTranslation } from "../../text/hook.ts";
import { Fact, type MachineProps } from "./Overview.tsx";

/** What is used of VirtualMachineInstanceGuestAgentInfo. */
interface GuestInfo {
  readonly hostname?: string;
  readonly timezone?: string;
  readonly guestAgentVersion?: string;
  readonly fsFreezeStatus?: string;
  readonly os?: {
    readonly prettyName?: string;
    readonly name?: string;
    readonly kernelRelease?: string;
  };
  readonly userList?: readonly { readonly userName: string; readonly loginTime?: number }[];
  readonly fsInfo?: { readonly disks?: readonly Filesystem[] };
}

interface Filesystem {
  readonly diskName: string;
  readonly mountPoint: string;
  readonly fileSystemType: string;
  readonly usedBytes: number;
  readonly totalBytes: number;
}

const MOST = 64;

export function Guest({ machine: { namespace, name } }: MachineProps) {
  const { t } = useTranslation();
  const { info, error, busy, ask } = useGuestInfo(namespace, name);
  return (
    <>
      {error !== undefined && <Refusal error={error} title={t("The guest agent was not heard.")} />}
      {info === undefined && error === undefined && <Loading />}
      {info !== undefined && (
        <>
          <GuestFacts info={info} />
          <Filesystems disks={info.fsInfo?.disks ?? []} />
        </>
      )}
      <Button variant="link" isInline onClick={ask} isLoading={busy} isDisabled={busy}>
        {t("Ask again")}
      </Button>
    </>
  );
}

function useGuestInfo(namespace: string, name: string) {
  const api = useApi();
  const [info, setInfo] = useState<GuestInfo>();
  const [error, setError] = useState<Error>();
  const [busy, setBusy] = useState(false);
  const ask = useCallback(() => {
    setBusy(true);
    api
      .call({ path: buildVerbPath("virtualmachineinstances", namespace, name, "guestosinfo") })
      .then(
        (body) => {
          setInfo(body as GuestInfo);
          setError(undefined);
        },
        (refused: unknown) =>
          setError(refused instanceof Error ? refused : new Error(String(refused))),
      )
      .finally(() => setBusy(false));
  }, [api, namespace, name]);
  useEffect(ask, [ask]);
  return { info, error, busy, ask };
}

function GuestFacts({ info }: { readonly info: GuestInfo }) {
  const { t } = useTranslation();
  const { os, hostname, timezone, guestAgentVersion, fsFreezeStatus, userList = [] } = info;
  return (
    <DescriptionList isHorizontal isCompact horizontalTermWidthModifier={{ default: "10rem" }}>
      <Fact term={t("Host name")}>{hostname}</Fact>
      <Fact term={t("Operating system")}>{os?.prettyName ?? os?.name}</Fact>
      <Fact term={t("Kernel")}>{os?.kernelRelease}</Fact>
      <Fact term={t("Time zone")}>{timezone}</Fact>
      <Fact term={t("Guest agent")}>{guestAgentVersion}</Fact>
      <Fact term={t("Frozen")}>
        {fsFreezeStatus === "frozen" && t("File systems are frozen: nothing is written.")}
      </Fact>
      <Fact term={t("Logged in")}>
        {userList.length === 0 ? t("nobody") : userList.slice(0, MOST).map(toLine)}
      </Fact>
    </DescriptionList>
  );
}

function toLine({ userName, loginTime }: { userName: string; loginTime?: number }) {
  return (
    <div key={userName}>
      {userName} {loginTime ? <When time={new Date(loginTime * 1000)} /> : null}
    </div>
  );
}

function Filesystems({ disks }: { readonly disks: readonly Filesystem[] }) {
  const { t, i18n } = useTranslation();
  if (disks.length === 0) return null;
  const size = (bytes: number) => formatBytes(bytes, i18n.language);
  return (
    <Table aria-label={t("File systems")} variant="compact" borders={false}>
      <Thead>
        <Tr>
          <Th>{t("Mounted at")}</Th>
          <Th>{t("Device")}</Th>
          <Th>{t("Type")}</Th>
          <Th>{t("In use")}</Th>
        </Tr>
      </Thead>
      <Tbody>
        {disks.slice(0, MOST).map((each) => (
          <Tr key={`${each.diskName} ${each.mountPoint}`}>
            <Td dataLabel={t("Mounted at")}>{each.mountPoint}</Td>
            <Td dataLabel={t("Device")}>{each.diskName}</Td>
            <Td dataLabel={t("Type")}>{each.fileSystemType}</Td>
            <Td dataLabel={t("In use")}>
              <Progress
                size={ProgressSize.sm}
                aria-label={t("{{name}} in use", { name: each.mountPoint })}
                value={each.totalBytes > 0 ? (100 * each.usedBytes) / each.totalBytes : 0}
                measureLocation="none"
              />
              {t("{{used}} of {{total}}", {
                used: size(each.usedBytes),
                total: size(each.totalBytes),
              })}
            </Td>
          </Tr>
        ))}
      </Tbody>
    </Table>
  );
}
