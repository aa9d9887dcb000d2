/** Which keys there are; and turns off those that are single letters. */
import { Modal, ModalBody, ModalHeader, Switch } from "@patternfly/react-core";
import { SHORTCUTS } from "../model/shortcut.ts";
import { useTranslation } from "../text/hook.ts";
import { SHORTCUT_KEYS, useSetting } from "./setting.ts";

export default function KeyboardHelp({ onClose }: { readonly onClose: () => void }) {
  const { t } = useTranslation();
  const [keys, setKeys] = useSetting(SHORTCUT_KEYS);
  return (
    <Modal isOpen variant="small" onClose={onClose} aria-labelledby="vp-keys-title">
      <ModalHeader title={t("Keys")} labelId="vp-keys-title" />
      <ModalBody>
        <Switch
          id="vp-keys-on"
          label={t("These keys work wherever no text is typed")}
          isChecked={keys === "on"}
          onChange={(_, on) => setKeys(on ? "on" : "off")}
        />
        <dl className="vp-keys">
          {SHORTCUTS.map(({ keys: each, name }) => (
            <div key={each.join(" ")}>
              <dt>
                {each.map((key) => (
                  <kbd key={key}>{key}</kbd>
                ))}
              </dt>
              <dd>{name(t)}</dd>
            </div>
          ))}
        </dl>
      </ModalBody>
    </Modal>
  );
}
