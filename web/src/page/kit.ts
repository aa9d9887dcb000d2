/**
 * What most pages show, brought together: the bundler makes one file of it (whole.mjs), loaded with
 * the first page and then there for all of them.
 */
import "@patternfly/react-styles/css/components/Table/table.css";
import "../part/CreateButton.tsx";
import "../part/Empty.tsx";
import "../part/LiveGate.tsx";
import "../part/PowerMenu.tsx";
import "../part/Refusal.tsx";
import "../part/StatusLabel.tsx";
import "../part/When.tsx";
import "../part/WishNote.tsx";
