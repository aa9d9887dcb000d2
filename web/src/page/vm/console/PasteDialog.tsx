/** Text for a guest that is to be looked at first: what the clipboard did not give, or has lines. */
import {
  Button,
  FormGroup,
  Modal,
  ModalBody,
  ModalFooter,
  ModalHeader,
  TextArea,
} from "@patternfly/react-core";
import { useId, useState } from "react";
import { cleanPaste, hasLines, MOST_PASTED } from "../../../model/paste.ts";
import { useTranslation } from "../../../text/hook.ts";

export interface PasteDialogProps {
  readonly text: string;
  readonly onPaste: (text: string) => void;
  readonly onClose: () => void;
}

export function PasteDialog({ text, onPaste, onClose }: PasteDialogProps) {
  const { t } = useTranslation();
  const id = useId();
  const [value, setValue] = useState(text);
  const tooLong = value.length > MOST_PASTED;
  return (
    <Modal isOpen variant="medium" onClose={onClose} aria-labelledby={`${id}-title`}>
      <ModalHeader title={t("Paste into the guest")} labelId={`${id}-title`} />
      <ModalBody>
        <FormGroup label={t("Text")} fieldId={`${id}-text`}>
          <TextArea
            id={`${id}-text`}
            value={value}
            onChange={(_, each) => setValue(each)}
            rows={8}
            resizeOrientation="vertical"
            validated={tooLong ? "error" : "default"}
            aria-describedby={`${id}-note`}
          />
        </FormGroup>
        <p id={`${id}-note`} role="status">
          {tooLong
            ? t("This is too long: {{count}} characters at most.", { count: MOST_PASTED })
            : hasLines(value)
              ? t("A shell executes each of these lines as soon as it has it.")
              : ""}
        </p>
      </ModalBody>
      <ModalFooter>
        <Button
          isDisabled={value === "" || tooLong}
          onClick={() => {
            onClose();
            onPaste(cleanPaste(value));
          }}
        >
          {t("Paste")}
        </Button>
        <Button variant="link" onClick={onClose}>
          {t("Cancel")}
        </Button>
      </ModalFooter>
    </Modal>
  );
}
