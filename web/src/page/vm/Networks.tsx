/** The VM's network interfaces: as they were defined, and what is known of them. */
import { Table, Tbody, Td, Th, Thead, Tr } from "@patternfly/react-table";
import { listNetworks, type NetworkRow } from "../../model/device.ts";
import { readSpec } from "../../model/machine.ts";
import { Empty } from "../../part/Empty.tsx";
import { useTranslation } from "../../text/hook.ts";
import type { MachineProps } from "./Overview.tsx";

const MOST_ADDRESSES = 20;

export function Networks({ machine }: MachineProps) {
  const { t } = useTranslation();
  const networks = listNetworks(readSpec(machine), machine.vmi);
  if (networks.length === 0) return <Empty title={t("The virtual machine has no network")} />;
  return (
    <Table aria-label={t("Networks")} variant="compact">
      <Thead>
        <Tr>
          <Th modifier="wrap">{t("Name")}</Th>
          <Th modifier="wrap">{t("Network")}</Th>
          <Th modifier="wrap">{t("Addresses")}</Th>
          <Th modifier="wrap">{t("MAC address")}</Th>
          <Th modifier="wrap">{t("Binding")}</Th>
          <Th modifier="wrap">{t("Model")}</Th>
          <Th modifier="wrap">{t("In the guest")}</Th>
          <Th modifier="wrap">{t("Link")}</Th>
        </Tr>
      </Thead>
      <Tbody>
        {networks.map((each) => (
          <Row key={`${each.name} ${each.guestName} ${each.mac}`} row={each} />
        ))}
      </Tbody>
    </Table>
  );
}

function Row({ row }: { readonly row: NetworkRow }) {
  const { t } = useTranslation();
  const { name, network, addresses, mac, binding, model, guestName, link, ports } = row;
  return (
    <Tr>
      <Td dataLabel={t("Name")} modifier="breakWord">
        {name || t("only in the guest")}
      </Td>
      <Td dataLabel={t("Network")} modifier="breakWord">
        {network === "pod" ? t("pod network") : network || "–"}
      </Td>
      <Td dataLabel={t("Addresses")} modifier="breakWord">
        <span className="vp-words">{addresses.slice(0, MOST_ADDRESSES).join("\n") || "–"}</span>
      </Td>
      <Td dataLabel={t("MAC address")}>{mac || "–"}</Td>
      <Td dataLabel={t("Binding")}>
        {binding || "–"}
        {ports.length > 0 && ` (${t("ports {{ports}}", { ports: ports.join(", ") })})`}
      </Td>
      <Td dataLabel={t("Model")}>{model || "–"}</Td>
      <Td dataLabel={t("In the guest")}>{guestName || "–"}</Td>
      <Td dataLabel={t("Link")}>{nameLink(link, t)}</Td>
    </Tr>
  );
}

function nameLink(link: string, t: (key: string) => string): string {
  if (link === "up") return t("up");
  return link === "down" || link === "absent" ? t("down") : "–";
}
