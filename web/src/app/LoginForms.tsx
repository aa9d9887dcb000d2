/** The two forms that log in with something one has. What is typed is kept nowhere else. */
import {
  Alert,
  Button,
  Form,
  FormGroup,
  FormHelperText,
  HelperText,
  HelperTextItem,
  TextArea,
  TextInput,
} from "@patternfly/react-core";
import { type ChangeEvent, type FormEvent, type ReactNode, useId, useRef, useState } from "react";
import { useTranslation } from "../text/hook.ts";
import { nameLoginRefusal } from "./Login.tsx";

/** A kubeconfig is a few kB; one with certificates some tens. */
const LARGEST_BYTES = 256 * 1024;

export interface LoginFormProps {
  /** Rejects when nobody is let in. */
  readonly onSend: (text: string) => Promise<void>;
}

export function TokenForm({ onSend }: LoginFormProps) {
  const { t } = useTranslation();
  const id = useId();
  const [token, setToken] = useState("");
  const [isShown, setShown] = useState(false);
  return (
    <SendForm text={token.trim()} empty={t("Paste a token first.")} onSend={onSend} fieldId={id}>
      <FormGroup label={t("Bearer token")} fieldId={id}>
        <div className="vp-row">
          <TextInput
            id={id}
            type={isShown ? "text" : "password"}
            value={token}
            onChange={(_, text) => setToken(text)}
            autoComplete="off"
            spellCheck={false}
            autoFocus
            dir="ltr"
          />
          <Button
            variant="control"
            aria-pressed={isShown}
            aria-controls={id}
            onClick={() => setShown(!isShown)}
          >
            {isShown ? t("Hide") : t("Show")}
          </Button>
        </div>
      </FormGroup>
    </SendForm>
  );
}

export function KubeconfigForm({ onSend }: LoginFormProps) {
  const { t } = useTranslation();
  const id = useId();
  const [text, setText] = useState("");
  const [problem, setProblem] = useState("");
  const file = useRef<HTMLInputElement>(null);
  const take = async ({ target }: ChangeEvent<HTMLInputElement>) => {
    const chosen = target.files?.[0];
    // The same file may be chosen again after it was corrected.
    target.value = "";
    if (chosen === undefined) return;
    const isLarge = chosen.size > LARGEST_BYTES;
    setProblem(isLarge ? t("The file is too large to be a kubeconfig.") : "");
    if (!isLarge) setText(await chosen.text());
  };
  return (
    <SendForm
      text={text.trim()}
      empty={t("Paste a kubeconfig first.")}
      onSend={onSend}
      fieldId={id}
    >
      <FormGroup label={t("Kubeconfig")} fieldId={id}>
        <TextArea
          id={id}
          value={text}
          onChange={(_, value) => setText(value)}
          rows={8}
          resizeOrientation="vertical"
          autoComplete="off"
          spellCheck={false}
          aria-describedby={`${id}-help`}
          className="vp-mono"
          dir="ltr"
        />
        <FormHelperText>
          <HelperText id={`${id}-help`}>
            <HelperTextItem>
              {t(
                "Its current context is used, with the token or client certificate in it. Commands and paths to files in it cannot be.",
              )}
            </HelperTextItem>
            {problem !== "" && <HelperTextItem variant="error">{problem}</HelperTextItem>}
          </HelperText>
        </FormHelperText>
      </FormGroup>
      <input ref={file} type="file" hidden onChange={take} aria-label={t("Kubeconfig file")} />
      <div>
        <Button variant="secondary" onClick={() => file.current?.click()}>
          {t("Choose a file…")}
        </Button>
      </div>
    </SendForm>
  );
}

interface SendFormProps extends LoginFormProps {
  readonly text: string;
  /** What is said when there is nothing to send. */
  readonly empty: string;
  readonly fieldId: string;
  readonly children: ReactNode;
}

function SendForm({ text, empty, onSend, fieldId, children }: SendFormProps) {
  const { t } = useTranslation();
  const [isBusy, setBusy] = useState(false);
  const [failure, setFailure] = useState<Error | string>();
  const send = (event: FormEvent) => {
    event.preventDefault();
    if (isBusy) return;
    if (text === "") {
      setFailure(empty);
      document.getElementById(fieldId)?.focus();
      return;
    }
    setBusy(true);
    setFailure(undefined);
    onSend(text).catch((error: Error) => {
      setFailure(error);
      setBusy(false);
    });
  };
  return (
    <Form onSubmit={send} className="vp-login-form" noValidate>
      {children}
      {failure !== undefined && <Failure failure={failure} />}
      <Button type="submit" isBlock isLoading={isBusy} isAriaDisabled={isBusy}>
        {t("Log in")}
      </Button>
    </Form>
  );
}

function Failure({ failure }: { readonly failure: Error | string }) {
  const { t } = useTranslation();
  const isWord = typeof failure === "string";
  const title = isWord ? failure : nameLoginRefusal(failure, t);
  return (
    <Alert variant="danger" isInline component="p" title={title} role="alert">
      {!isWord && <p className="vp-words">{failure.message}</p>}
    </Alert>
  );
}
