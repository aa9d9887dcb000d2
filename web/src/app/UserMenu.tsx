/** Who is logged in, how the pages look and speak, and the way out. */
import { Button, Radio } from "@patternfly/react-core";
import UserIcon from "@patternfly/react-icons/dist/esm/icons/user-icon";
import type { TFunction } from "i18next";
import { useState } from "react";
import { useSession } from "../data/context.tsx";
import { ContextPicker } from "../part/ContextPicker.tsx";
import { useTranslation } from "../text/hook.ts";
import { Disclosure } from "./Disclosure.tsx";
import { DIRECTION, LANGUAGE, type Setting, THEME, useSetting } from "./setting.ts";
import { EMBEDDED } from "./theme.ts";

export interface UserMenuProps {
  readonly onHelp: () => void;
  /** Without it somebody else, as Cockpit, has the session. */
  readonly onLogout?: () => Promise<void>;
}

export function UserMenu({ onHelp, onLogout }: UserMenuProps) {
  const { t } = useTranslation();
  const { user, contexts } = useSession();
  return (
    <Disclosure
      label={t("User and settings")}
      icon={<UserIcon />}
      text={shorten(user) || undefined}
    >
      {(close) => (
        <>
          <p className="vp-words vp-signed">
            {t("Logged in as")} <strong>{user}</strong>
          </p>
          <ContextPicker contexts={contexts} />
          <Settings />
          <Button
            variant="link"
            onClick={() => {
              close();
              onHelp();
            }}
          >
            {t("Keys")}
          </Button>
          {onLogout !== undefined && <Logout onLogout={onLogout} />}
        </>
      )}
    </Disclosure>
  );
}

/** Theme and language are Cockpit's where the pages stand in its frame. */
export function Settings() {
  const { t } = useTranslation();
  return (
    <>
      {!EMBEDDED && <Choice setting={THEME} title={t("Theme")} name={nameTheme} />}
      {!EMBEDDED && <Choice setting={LANGUAGE} title={t("Language")} name={nameLanguage} />}
      <Choice setting={DIRECTION} title={t("Direction of writing")} name={nameDirection} />
    </>
  );
}

function nameTheme(theme: string, t: TFunction): string {
  if (theme === "light") return t("Light");
  return theme === "dark" ? t("Dark") : t("As the system");
}

/** Languages say their own names. */
function nameLanguage(language: string, t: TFunction): string {
  if (language === "auto") return t("As the browser");
  return new Intl.DisplayNames([language], { type: "language" }).of(language) ?? language;
}

function nameDirection(direction: string, t: TFunction): string {
  if (direction === "ltr") return t("Left to right");
  return direction === "rtl" ? t("Right to left") : t("As the language");
}

interface ChoiceProps<V extends string> {
  readonly setting: Setting<V>;
  readonly title: string;
  readonly name: (value: V, t: TFunction) => string;
}

function Choice<V extends string>({ setting, title, name }: ChoiceProps<V>) {
  const { t } = useTranslation();
  const [chosen, choose] = useSetting(setting);
  return (
    <fieldset className="vp-choice">
      <legend>{title}</legend>
      {setting.values.map((value) => (
        <Radio
          key={value}
          id={`vp-${setting.name}-${value}`}
          name={`vp-${setting.name}`}
          label={name(value, t)}
          isChecked={value === chosen}
          onChange={() => choose(value)}
        />
      ))}
    </fieldset>
  );
}

function Logout({ onLogout }: { readonly onLogout: () => Promise<void> }) {
  const { t } = useTranslation();
  const [refusal, setRefusal] = useState<string>();
  const leave = () => {
    onLogout().catch((error: Error) => setRefusal(error.message));
  };
  return (
    <>
      <Button variant="secondary" isBlock onClick={leave}>
        {t("Log out")}
      </Button>
      {refusal !== undefined && (
        <p role="alert" className="vp-words">
          {t("Logging out failed: {{why}}", { why: refusal })}
        </p>
      )}
    </>
  );
}

/** Of a service account its namespace and name: the words before them would take all the room. */
function shorten(user: string): string {
  return user.replace(/^system:serviceaccount:/, "");
}
