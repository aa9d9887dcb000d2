/** Asks before something that cannot be undone. */
import {
  Button,
  Form,
  FormGroup,
  Modal,
  ModalBody,
  ModalFooter,
  ModalHeader,
  TextInput,
} from "@patternfly/react-core";
import { type ReactNode, useId, useState } from "react";
import { useTranslation } from "../text/hook.ts";

export interface ConfirmProps {
  readonly title: string;
  /** What will happen. */
  readonly children: ReactNode;
  /** Name of the deed, as "Delete". */
  readonly verb: string;
  readonly danger?: boolean;
  /** A word that the user has to type first: the name of what will be lost. */
  readonly typed?: string;
  readonly onConfirm: () => void;
  readonly onClose: () => void;
}

/** A dialog; rendered only while the question stands. The focus starts at the harmless answer. */
export function Confirm(props: ConfirmProps) {
  const { title, children, verb, danger = false, typed, onConfirm, onClose } = props;
  const { t } = useTranslation();
  const id = useId();
  const [said, setSaid] = useState("");
  const ready = typed === undefined || said === typed;
  const answer = () => {
    onClose();
    onConfirm();
  };
  return (
    <Modal
      isOpen
      variant="small"
      onClose={onClose}
      aria-labelledby={`${id}-title`}
      aria-describedby={`${id}-body`}
    >
      <ModalHeader
        title={title}
        labelId={`${id}-title`}
        titleIconVariant={danger ? "warning" : undefined}
      />
      <ModalBody id={`${id}-body`}>
        {children}
        {typed !== undefined && (
          <Form
            className="vp-confirm-typed"
            onSubmit={(event) => {
              event.preventDefault();
              if (ready) answer();
            }}
          >
            <FormGroup label={t("Type {{name}} to go on", { name: typed })} fieldId={`${id}-typed`}>
              <TextInput
                id={`${id}-typed`}
                value={said}
                onChange={(_, each) => setSaid(each)}
                autoComplete="off"
              />
            </FormGroup>
          </Form>
        )}
      </ModalBody>
      <ModalFooter>
        <Button variant={danger ? "danger" : "primary"} onClick={answer} isDisabled={!ready}>
          {verb}
        </Button>
        <Button variant="link" onClick={onClose}>
          {t("Cancel")}
        </Button>
      </ModalFooter>
    </Modal>
  );
}
