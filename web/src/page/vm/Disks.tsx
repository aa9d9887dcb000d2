/** The VM's disks: as it was defined, and what is known of their volumes. */
import { Table, Tbody, Td, Th, Thead, Tr } from "@patternfly/react-table";
import type { TFunction } from "i18next";
import { type DiskRow, listDisks } from "../../model/device.ts";
import { readSpec } from "../../model/machine.ts";
import { formatBytes } from "../../model/quantity.ts";
import { Empty } from "../../part/Empty.tsx";
import { useTranslation } from "../../text/hook.ts";
import type { MachineProps } from "./Overview.tsx";

export function Disks({ machine }: MachineProps) {
  const { t, i18n } = useTranslation();
  const disks = listDisks(readSpec(machine), machine.vmi);
  if (disks.length === 0) return <Empty title={t("The virtual machine has no disks")} />;
  return (
    <Table aria-label={t("Disks")} variant="compact">
      <Thead>
        <Tr>
          <Th modifier="wrap">{t("Name")}</Th>
          <Th modifier="wrap">{t("Kind")}</Th>
          <Th modifier="wrap">{t("Volume")}</Th>
          <Th modifier="wrap">{t("Size")}</Th>
          <Th modifier="wrap">{t("Bus")}</Th>
          <Th modifier="wrap">{t("Target")}</Th>
          <Th modifier="wrap">{t("Boot order")}</Th>
        </Tr>
      </Thead>
      <Tbody>
        {disks.map((each) => (
          <Tr key={each.name}>
            <Td dataLabel={t("Name")} modifier="breakWord">
              {each.name}
            </Td>
            <Td dataLabel={t("Kind")}>
              {nameKind(each, t)}
              {each.readOnly && each.kind !== "cdrom" && ` (${t("read-only")})`}
            </Td>
            <Td dataLabel={t("Volume")} modifier="breakWord">
              {nameSource(each, t)} {each.detail !== "" && <code>{each.detail}</code>}
            </Td>
            <Td dataLabel={t("Size")}>
              <bdi>{formatBytes(each.size, i18n.language) || "–"}</bdi>
            </Td>
            <Td dataLabel={t("Bus")}>{each.bus || "–"}</Td>
            <Td dataLabel={t("Target")}>{each.target || "–"}</Td>
            <Td dataLabel={t("Boot order")}>{each.bootOrder ?? "–"}</Td>
          </Tr>
        ))}
      </Tbody>
    </Table>
  );
}

function nameKind({ kind }: DiskRow, t: TFunction): string {
  if (kind === "cdrom") return t("CD-ROM");
  return kind === "lun" ? t("LUN") : t("Disk");
}

function nameSource({ source }: DiskRow, t: TFunction): string {
  switch (source) {
    case "image":
      return t("Image");
    case "claim":
      return t("Claim");
    case "dataVolume":
      return t("Data volume");
    case "empty":
      return t("Empty disk, lost when the VM stops");
    case "cloudInit":
      return t("cloud-init data");
    case "configMap":
      return t("Config map");
    case "secret":
      return t("Secret");
    case "none":
      return t("No volume of this name");
    default:
      return t("Other");
  }
}
